-- The groups of this host and what of them stands in whose roster. Knows no storage, no stanza and no session.
-- A group is never changed, only replaced: { id, name, hash, members = { [bare address] = name }, list = { addresses } }.

local sha1 = require "util.hashes".sha1;

local groups, groups_of = {}, {};
-- Accounts that were deleted before the groups say so: nobody has them in the roster, and they have nobody.
local gone = {};
-- Items are shared by all rosters that have them. With more than one common group: [ids of the groups] = items.
local combined = {};
local summaries = {};

local function ignore() end

-- Nobody can change what is written into: it stands in the rosters of thousands.
local function new_item(name, common)
	local data = { subscription = "both", name = name, groups = {}, kontor_shared = true, __newindex = ignore };
	for _, group in ipairs(common) do data.groups[group.name] = true; end
	data.__index = data;
	return setmetatable({}, data);
end

local function is_shared(item)
	local meta = type(item) == "table" and getmetatable(item);
	return meta and meta.kontor_shared or false;
end

-- members: [bare address] = name
local function new_group(id, name, hash, members)
	local list = {};
	for jid in pairs(members) do list[#list + 1] = jid; end
	table.sort(list);
	return { id = id, name = name, hash = hash, members = members, list = list, items = {} };
end

local function by_id(a, b) return a.id < b.id; end

-- Puts a group in the place of the one of that id; nil takes it away. Gives the one before.
local function replace(id, group)
	local before = groups[id];
	groups[id] = group;
	combined, summaries = {}, {};
	for _, jid in ipairs(before and before.list or {}) do
		local mine = groups_of[jid];
		for i, each in ipairs(mine) do
			if each == before then
				table.remove(mine, i);
				break;
			end
		end
		if not mine[1] then
			groups_of[jid] = nil;
			gone[jid] = nil;
		end
	end
	for _, jid in ipairs(group and group.list or {}) do
		local mine = groups_of[jid];
		if not mine then
			mine = {};
			groups_of[jid] = mine;
		end
		mine[#mine + 1] = group;
		table.sort(mine, by_id);
	end
	return before;
end

local function of(jid)
	return not gone[jid] and groups_of[jid] or nil;
end

local function same(jid, other)
	for _, group in ipairs(not gone[other] and jid ~= other and of(jid) or {}) do
		if group.members[other] then return true; end
	end
	return false;
end

-- The item that stands for `other` in the roster of `jid`, or nil.
local function item(jid, other)
	if jid == other or gone[other] then return; end
	local first, common;
	for _, group in ipairs(of(jid) or {}) do
		if group.members[other] then
			if not first then
				first = group;
			else
				common = common or { first };
				common[#common + 1] = group;
			end
		end
	end
	if not first then return; end
	local items = first.items;
	if common then
		local ids = {};
		for i, group in ipairs(common) do ids[i] = group.id; end
		local key = table.concat(ids, " ");
		items = combined[key] or {};
		combined[key] = items;
	end
	if not items[other] then items[other] = new_item(first.members[other], common or { first }); end
	return items[other];
end

-- How many items there are in the roster of `jid`; who is in two groups counts twice.
local function size(jid)
	local sum = 0;
	for _, group in ipairs(of(jid) or {}) do sum = sum + #group.list; end
	return sum;
end

-- Iterates over the addresses of all that stand in the roster of `jid`, each once.
local function others(jid)
	local mine, g, i = of(jid) or {}, 1, 0;
	return function ()
		while mine[g] do
			i = i + 1;
			local other = mine[g].list[i];
			if not other then
				g, i = g + 1, 0;
			elseif other ~= jid and not gone[other] then
				local before = false;
				for h = 1, g - 1 do before = before or mine[h].members[other] ~= nil; end
				if not before then return other; end
			end
		end
	end;
end

-- A number of 32 bits that is another one whenever something shared in the roster of `jid` is; nil: nothing is.
local function summary(jid)
	local mine = of(jid);
	if not mine then return; end
	if not summaries[jid] then
		local text = {};
		for i, group in ipairs(mine) do text[i] = group.id.." "..group.hash; end
		summaries[jid] = tonumber(sha1(table.concat(text, "\n"), true):sub(1, 8), 16);
	end
	return summaries[jid];
end

return {
	all = function () return groups; end,
	of = of,
	new_group = new_group,
	replace = replace,
	same = same,
	item = item,
	is_shared = is_shared,
	size = size,
	others = others,
	summary = summary,
	forget_account = function (jid) gone[jid] = true; end,
	know_account = function (jid) gone[jid] = nil; end,
};
