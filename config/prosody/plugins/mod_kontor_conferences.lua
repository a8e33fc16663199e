-- Tells the tenant's presence component which of the tenant's people are in a conference.
-- In:     occupants of this host's rooms; from presence.<tenant> <iq type='get'><conferences xmlns='urn:kontor:conferences:1'
--         after='' limit=''/></iq>, to anybody else it is forbidden.
-- Out:    its answer, by pages of rooms in the order of their names: <conferences epoch='' seq='' [more='true']> with
--         <conference room='' [since='']><person local='' since=''/></conference>; and with each change a message with
--         <conference epoch='' seq='' room='' [since='']> with <joined local='' since=''/> and <left local=''/>.
--         Times are milliseconds since 1970. `since` of a conference: when the second participant came; without it there
--         are no two. `seq` counts the changes of an epoch, which begins with this module; an answer holds all up to its own.
-- Who:    an account of the tenant by its address, else whom Jitsi's token names (session.jitsi_meet_context_user of
--         mod_auth_token: id is the local part or the address of an account of the tenant). Others only count.
--         Not counted: Jicofo (focus), and who is of a host that Jitsi hides (option kontor_conferences_hidden).
-- Hosts:  conference.<tenant>.
-- Why:    compared, not only told: what the component missed it learns from the next answer, whatever was lost.

local st = require "util.stanza";
local jid_split = require "util.jid".split;
local jid_prep = require "util.jid".prep;
local nodeprep = require "util.encodings".stringprep.nodeprep;
local user_exists = require "core.usermanager".user_exists;
local new_id = require "util.id".short;
local now = require "util.time".now;

local xmlns = "urn:kontor:conferences:1";
local TOGETHER_SECONDS = 0.1; -- who changes the name leaves and joins; so do all of a conference that is moved
local MOST_IN_MESSAGE = 200;
local MOST_IN_PAGE = 1000;

local tenant = module.host:match("^[^.]+%.(.+)$");
local presence = "presence."..tenant;
local hidden = module:get_option_set("kontor_conferences_hidden", { "auth."..tenant, "recorder."..tenant, "hidden."..tenant });
local full_sessions = prosody.full_sessions;

local epoch, seq = new_id(), 0;
-- [room's name] = { since =, people = { [local part] = since } }
local conferences = {};

local function milliseconds()
	return ("%.0f"):format(now() * 1000);
end

-- A token counts when it was shown at a host of this tenant: those of partners name people of their own.
local function named_by_token(session)
	local user = session and session.jitsi_meet_context_user;
	local id = type(user) == "table" and user.id;
	if type(id) ~= "string" or (session.host ~= tenant and session.host:sub(-#tenant - 1) ~= "."..tenant) then return; end
	if not id:find("@", 1, true) then return nodeprep(id); end
	local node, host = jid_split(jid_prep(id));
	return host == tenant and node or nil;
end

-- The local part of an account of the tenant; nil and an address for somebody else; nothing for who does not count.
local function who(occupant, known)
	local node, host = jid_split(occupant.bare_jid);
	if node == "focus" or hidden:contains(host) then return; end
	if host == tenant and (known[node] or user_exists(node, tenant)) then return node; end
	for address in occupant:each_session() do
		local named = named_by_token(full_sessions[address]);
		if named and (known[named] or user_exists(named, tenant)) then return named; end
	end
	return nil, occupant.bare_jid;
end

local function connected()
	local host = prosody.hosts[presence];
	local component = host and host.modules.component;
	return component and component.connected;
end

local function tell(name, conference, changes)
	for first = 1, math.max(#changes, 1), MOST_IN_MESSAGE do
		seq = seq + 1;
		if connected() then
			local message = st.message({ from = module.host, to = presence, type = "headline" })
				:tag("conference", { xmlns = xmlns, epoch = epoch, seq = ("%d"):format(seq), room = name, since = conference.since });
			for i = first, math.min(first + MOST_IN_MESSAGE - 1, #changes) do
				message:tag(changes[i].name, changes[i].attr):up();
			end
			module:send(message);
		end
	end
end

-- Compares a room with what was told of it. Without a room it is over.
local function look(name, room)
	local before = conferences[name] or { people = {} };
	local after, changes, at = { people = {} }, {}, milliseconds();
	local all, count = {}, 0;
	for _, occupant in (room and room.each_occupant or function () return pairs {}; end)(room) do
		local person, somebody = who(occupant, before.people);
		if person and not after.people[person] then
			after.people[person] = before.people[person] or at;
			if not before.people[person] then
				changes[#changes + 1] = { name = "joined", attr = { ["local"] = person, since = at } };
			end
		end
		local key = person and person.."@"..tenant or somebody;
		if key and not all[key] then all[key], count = true, count + 1; end
	end
	for person in pairs(before.people) do
		if not after.people[person] then changes[#changes + 1] = { name = "left", attr = { ["local"] = person } }; end
	end
	after.since = count > 1 and (before.since or at) or nil;
	conferences[name] = next(after.people) and after or nil;
	if #changes > 0 or (next(after.people) and before.since ~= after.since) then tell(name, after, changes); end
end

local waiting = {};
local function look_soon(event)
	local room = event.room;
	if waiting[room] then return; end
	waiting[room] = true;
	module:add_timer(TOGETHER_SECONDS, function ()
		waiting[room] = nil;
		local current = module:depends("muc").get_room_from_jid(room.jid);
		look((jid_split(room.jid)), current);
	end);
end

module:hook("muc-occupant-joined", look_soon, -100);
module:hook("muc-occupant-left", look_soon, -100);
module:hook("muc-room-destroyed", look_soon, -100);

-- Also what no event told of, such as rooms from before this module.
local function look_at_all()
	local there = {};
	for room in module:depends("muc").all_rooms() do
		local name = jid_split(room.jid);
		there[name] = true;
		look(name, room);
	end
	local gone = {};
	for name in pairs(conferences) do
		if not there[name] then gone[#gone + 1] = name; end
	end
	for _, name in ipairs(gone) do look(name); end
end

module:hook("iq-get/host/"..xmlns..":conferences", function (event)
	local origin, stanza = event.origin, event.stanza;
	if stanza.attr.from ~= presence or origin.type ~= "component" then
		origin.send(st.error_reply(stanza, "auth", "forbidden", "Only "..presence.." is told who is in a conference"));
		return true;
	end
	local asked = stanza.tags[1].attr;
	local after, limit = asked.after, math.min(tonumber(asked.limit) or MOST_IN_PAGE, MOST_IN_PAGE);
	if not after then look_at_all(); end
	local names = {};
	for name in pairs(conferences) do
		if not after or name > after then names[#names + 1] = name; end
	end
	table.sort(names);
	local attrs = { xmlns = xmlns, epoch = epoch, seq = ("%d"):format(seq) };
	local reply, count = st.reply(stanza):tag("conferences", attrs), 0;
	for _, name in ipairs(names) do
		if count >= limit then
			attrs.more = "true";
			break;
		end
		local conference = conferences[name];
		reply:tag("conference", { room = name, since = conference.since });
		for person, since in pairs(conference.people) do
			reply:tag("person", { ["local"] = person, since = since }):up();
			count = count + 1;
		end
		reply:up();
	end
	origin.send(reply);
	return true;
end);
