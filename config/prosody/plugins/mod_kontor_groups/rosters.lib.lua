-- Lays the groups over the server's tables of rosters, which all its modules read and write, and keeps them out of what
-- is stored. A roster with groups over it is an empty table whose metatable has what is the person's own; each look at
-- it gives what the groups say in that moment, so that nothing has to be done to rosters when a group changes.
-- What is written into it is own, except for a subscription that the groups give, which nothing can change.

local groups;
-- Whether the person's clients are still being told of changes.
local is_behind;
-- [what stands for it in a roster] = the own item, or the own metadata
local behind = setmetatable({}, { __mode = "k" });
-- [roster] = true while only who is online is of interest.
local only_online = setmetatable({}, { __mode = "k" });
-- A number that no client was ever told before.
local unheard = os.time() * 1000;
-- Above the numbers that the server counts in a roster stands what the groups make of it.
local COUNTED = 1048576;

local bare_sessions = prosody.bare_sessions;

local function own_of(roster)
	local meta = getmetatable(roster);
	return meta and meta.kontor_own or nil;
end

local function merged(own, shared)
	local item = setmetatable({}, {
		__index = function (_, key)
			if key == "subscription" then return "both"; end
			-- There is nothing to be asked for (RFC 6121 2.1.2.2); what was asked stays asked, for when the group is gone.
			if key == "ask" then return nil; end
			if key == "name" then return own.name or shared.name; end
			if key ~= "groups" then return own[key]; end
			local all = {};
			for name in pairs(own.groups or {}) do all[name] = true; end
			for name in pairs(shared.groups) do all[name] = true; end
			return all;
		end;
		__newindex = function (_, key, value)
			if key ~= "subscription" and key ~= "ask" then own[key] = value; end
		end;
	});
	behind[item] = own;
	return item;
end

-- What is own of an item that a client or a module writes, which has seen what the groups say as well.
local function own_part(item, before, shared)
	local own = { subscription = before and before.subscription or "none", groups = {} };
	own.ask, own.approved = before and before.ask, before and before.approved;
	if item.subscription and item.subscription ~= "both" then
		own.subscription, own.ask = item.subscription, item.ask;
	end
	local had = before and before.groups or {};
	for name in pairs(item.groups or {}) do
		if had[name] or not shared.groups[name] then own.groups[name] = true; end
	end
	if item.name ~= shared.name or (before and before.name == item.name) then own.name = item.name; end
	local is_anything = before or own.name or next(own.groups) or own.ask or own.subscription ~= "none";
	return is_anything and own or nil;
end

-- As the server knows it without groups.
local function plain(value)
	if groups.is_shared(value) then return nil; end
	return behind[value] or value;
end

-- The server compares versions as numbers and counts them up with each change (XEP-0237). A client that was told only a
-- part of what changed must not be taken for one that knows all.
local function version(own, jid)
	local summary = own.version ~= true and groups.summary(jid);
	if not summary then return own.version; end
	if is_behind(jid) then
		unheard = unheard + 1;
		return -unheard;
	end
	return summary * COUNTED + (own.version or 0) % COUNTED;
end

local function new_metadata(own, jid)
	local metadata = setmetatable({}, {
		__index = function (_, key)
			if key == "version" then return version(own, jid); end
			return own[key];
		end;
		__newindex = function (_, key, value)
			if key == "version" and type(value) == "number" and groups.summary(jid) then value = (own.version or 0) + 1; end
			own[key] = value;
		end;
	});
	behind[metadata] = own;
	return metadata;
end

-- First what is own, then what is shared only.
local function iterate(roster, own, jid)
	local key, other;
	local next_other;
	local online = only_online[roster];
	return function ()
		if not next_other then
			key = next(own, key);
			if key ~= nil then return key, roster[key]; end
			next_other = groups.others(jid);
		end
		repeat
			other = next_other();
			if other == nil then return; end
		until own[other] == nil and (not online or online(other));
		return other, groups.item(jid, other);
	end;
end

-- Lays the groups over a roster that was loaded.
local function wrap(roster, jid)
	if getmetatable(roster) then return; end
	local own = {};
	for key, value in next, roster do own[key] = value; end
	for key in next, own do roster[key] = nil; end
	local metadata = new_metadata(own[false], jid);
	setmetatable(roster, {
		kontor_own = own;
		__index = function (_, key)
			if key == false then return own[false] and metadata; end
			local shared = groups.item(jid, key);
			local item = own[key];
			if shared and item then return merged(item, shared); end
			return item or shared;
		end;
		__newindex = function (_, key, value)
			if key == false then
				own[false] = plain(value);
				metadata = new_metadata(own[false], jid);
				return;
			end
			local shared = value ~= nil and groups.item(jid, key);
			if shared and plain(value) == value then
				own[key] = own_part(value, own[key], shared);
			else
				own[key] = plain(value);
			end
		end;
		__pairs = function () return iterate(roster, own, jid); end;
	});
end

local function unwrap(roster)
	local own = own_of(roster);
	if not own then return; end
	setmetatable(roster, nil);
	for key, value in next, own do roster[key] = value; end
end

-- A store of rosters that is given what is own, whatever it is told to store.
local function storing(store, kind)
	local methods = { __index = store };
	local wrapped = setmetatable({}, methods);
	if kind == "map" then
		function wrapped:set(username, key, value) -- luacheck: ignore 212/self
			return store:set(username, key, plain(value));
		end
		function wrapped:set_keys(username, values) -- luacheck: ignore 212/self
			local own = {};
			for key, value in pairs(values) do
				local kept = plain(value);
				own[key] = kept == nil and store.remove or kept;
			end
			return store:set_keys(username, own);
		end
	else
		function wrapped:set(username, roster) -- luacheck: ignore 212/self
			return store:set(username, roster and own_of(roster) or roster);
		end
	end
	return wrapped;
end

-- Who stands in a group of thousands looks for those who are there only. The others would be told one by one that it is
-- so, and each be asked in vain; in small groups they are asked, since what they published before is shown as well.
local MANY = 200;

local function while_only_online(roster, jid, speaks_away, work)
	if not own_of(roster) or only_online[roster] or groups.size(jid) <= MANY then return work(); end
	only_online[roster] = function (other) return bare_sessions[other] ~= nil or speaks_away(other, jid); end;
	local results = table.pack(pcall(work));
	only_online[roster] = nil;
	if not results[1] then error(results[2], 0); end
	return table.unpack(results, 2, results.n);
end

return {
	use = function (model, telling) groups, is_behind = model, telling; end,
	own_of = own_of,
	wrap = wrap,
	unwrap = unwrap,
	storing = storing,
	while_only_online = while_only_online,
};
