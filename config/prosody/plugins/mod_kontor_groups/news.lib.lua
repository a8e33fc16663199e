-- Tells the members who are online of changes: one push for each item (RFC 6121 2.1.6), then the presence of who came, or
-- that who left is unavailable. One person after the other and in slices, so that the server goes on with its work
-- whatever the size of a group. What a person was told last is known by the group as it was then: whatever happens until
-- it is the person's turn is told at once, and the end of it once.

local st = require "util.stanza";
local now = require "util.time".now;

-- Half of the server's time at most. It looks for timers before each single socket that it reads or writes: were the next
-- slice due at once, each of those would wait for one.
local SLICE_SECONDS = 0.01;
local PAUSE_SECONDS = 0.01;

local bare_sessions = prosody.bare_sessions;
local groups;

-- [bare address] = { [id of a group] = as its clients know it, false: not at all }
local behind = {};
local waiting, first, last = {}, 1, 0;
local telling, running;
-- [group] = { [its successor] = addresses of those who came, went or have another name }
local differences = setmetatable({}, { __mode = "k" });

local function is_behind(jid)
	return behind[jid] ~= nil or telling == jid;
end

local function difference(before, after)
	if before.name ~= after.name then return nil; end
	local known = differences[before] or setmetatable({}, { __mode = "k" });
	differences[before] = known;
	if not known[after] then
		local list = {};
		for jid, name in pairs(before.members) do
			if after.members[jid] ~= name then list[#list + 1] = jid; end
		end
		for jid in pairs(after.members) do
			if not before.members[jid] then list[#list + 1] = jid; end
		end
		known[after] = list;
	end
	return known[after];
end

local none = {};

-- The addresses whose items are others for this person.
local function news_for(jid, shown)
	local lists = {};
	for id, before in pairs(shown) do
		local after = groups.all()[id];
		local was, is = before and before.members[jid], after and after.members[jid];
		local changed = was and is and difference(before, after);
		if changed then
			lists[#lists + 1] = changed;
		else
			if was then lists[#lists + 1] = before.list; end
			if is then lists[#lists + 1] = after.list; end
		end
	end
	if #lists < 2 then return lists[1] or none; end
	local seen, all = {}, {};
	for _, list in ipairs(lists) do
		for _, other in ipairs(list) do
			if not seen[other] then all[#all + 1] = other; end
			seen[other] = true;
		end
	end
	return all;
end

local function was_shared(jid, other, shown)
	for _, before in pairs(shown) do
		if before and before.members[jid] and before.members[other] then return true; end
	end
	for _, group in ipairs(groups.of(jid) or none) do
		if shown[group.id] == nil and group.members[other] then return true; end
	end
	return false;
end

local function tell_presence(jid, other, shown, item)
	local sees = item and (item.subscription == "both" or item.subscription == "to");
	local was = was_shared(jid, other, shown);
	local theirs = bare_sessions[other];
	if sees and not was then
		for _, session in pairs(theirs and theirs.sessions or none) do
			if session.presence then
				local presence = st.clone(session.presence);
				presence.attr.to = jid;
				prosody.core_post_stanza(session, presence, true);
			end
		end
	elseif was and not sees then
		for _, session in pairs(theirs and theirs.sessions or none) do
			if session.presence then
				local gone = st.presence({ type = "unavailable", from = session.full_jid, to = jid });
				gone.parting = true;
				prosody.core_post_stanza(session, gone, true);
			end
		end
		-- Who signed off after leaving told nobody any more who is not in the roster.
		if item and not theirs then
			local gone = st.presence({ type = "unavailable", from = other, to = jid });
			gone.parting = true;
			prosody.core_post_stanza(prosody.hosts[module.host], gone);
		end
	end
end

local pushes = 0;
-- [shared item] = its element, the same for all who have it
local elements = setmetatable({}, { __mode = "k" });

local function element_of(jid, item)
	local element = elements[item];
	if element then return element; end
	element = st.stanza("item", { jid = jid, subscription = item.subscription, name = item.name, ask = item.ask });
	for name in pairs(item.groups) do element:text_tag("group", name); end
	if groups.is_shared(item) then elements[item] = element; end
	return element;
end

-- As the server's own push (core.rostermanager), without making anew what is the same for thousands.
local function push(user, other, item)
	local stanza;
	for _, session in pairs(user.sessions) do
		if session.interested then
			if not stanza then
				pushes = pushes + 1;
				local element = item and element_of(other, item) or st.stanza("item", { jid = other, subscription = "remove" });
				stanza = st.iq({ type = "set", id = "groups-"..pushes })
					:tag("query", { xmlns = "jabber:iq:roster", ver = tostring(user.roster[false].version or "1") })
					:add_child(element);
			end
			session.send(stanza);
		end
	end
end

local function tell(jid, breathe)
	local shown = behind[jid];
	behind[jid] = nil;
	if not bare_sessions[jid] then return; end
	telling = jid;
	local list = news_for(jid, shown);
	local count = list[#list] == jid and #list - 1 or #list;
	for i = 1, count do
		breathe();
		local other, user = list[i], bare_sessions[jid];
		if not user or not user.roster then break; end
		if other ~= jid then
			-- The last one says which version this is.
			if i == count then telling = nil; end
			local item = user.roster[other];
			push(user, other, item);
			tell_presence(jid, other, shown, item);
		end
	end
	telling = nil;
end

local function work()
	local ends = now() + SLICE_SECONDS;
	local function breathe()
		if now() < ends then return; end
		coroutine.yield();
		ends = now() + SLICE_SECONDS;
	end
	while first <= last do
		local jid = waiting[first];
		waiting[first], first = nil, first + 1;
		if behind[jid] then tell(jid, breathe); end
		breathe();
	end
end

local function step()
	local ok, problem = coroutine.resume(running);
	if not ok then
		module:log("error", "Who is online was not told of all changes of groups: %s", problem);
		telling = nil;
	end
	if coroutine.status(running) == "dead" then
		running = first <= last and coroutine.create(work) or nil;
	end
	return running and PAUSE_SECONDS or nil;
end

-- A group is another one now, or came (before: nil), or went (after: nil).
local function changed(id, before, after)
	for _, group in ipairs({ before or none, after or none }) do
		for _, jid in ipairs(group.list or none) do
			if bare_sessions[jid] then
				if not behind[jid] then
					behind[jid] = {};
					last = last + 1;
					waiting[last] = jid;
				end
				if behind[jid][id] == nil then behind[jid][id] = before or false; end
			end
		end
	end
	if running or first > last then return; end
	running = coroutine.create(work);
	module:add_timer(0, step);
end

return {
	use = function (model) groups = model; end,
	is_behind = is_behind,
	changed = changed,
	waiting = function () return last - first + 1 + (telling and 1 or 0); end,
};
