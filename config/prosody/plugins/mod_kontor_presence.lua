-- Tells the tenant's presence component what it may have missed: who is online, and whom a person is subscribed to.
-- In:     iq get from presence.<host>, when it is told presence by privilege (XEP-0356), namespace urn:kontor:presence:1:
--         <sessions after='' limit=''/> and <contacts local='' after='' limit=''/>.
-- Out:    <sessions next=''> with the presence of each session: of whom, what it says and the server's stamp since when,
--         with partial='true' without what is too long; <many local=''/> of who has more sessions than are told;
--         <contacts next=''> with <item jid=''/> of each whose presence the person gets. No next: that was all.
--         A message with <rosters><person local=''/></rosters> of whose contacts may have changed.
-- Hosts:  those with accounts.
-- Why:    a presence that got lost would stay unnoticed until its client says something else. mod_privilege answers
--         a roster as a whole, which may be larger than a stanza may be, and tells no changes.

local st = require "util.stanza";
local jid_split = require "util.jid".split;
local new_id = require "util.id".short;
local load_roster = require "core.rostermanager".load_roster;
local time = require "util.time".monotonic;

local xmlns = "urn:kontor:presence:1";
local FIRST = 1e5; -- after mod_kontor_tenants, before whoever handles the stanza
local MOST = 1000;
local MOST_BYTES = 100000;
-- Of what is longer nobody would show more.
local MOST_BYTES_EACH = 3000;
local MOST_SESSIONS = 40;
local LIST_SECONDS = 120;
local TELL_SECONDS = 0.2;

local component = "presence." .. module.host;
local sessions = prosody.hosts[module.host].sessions;
local said = { show = true, status = true, priority = true, idle = true, c = true, delay = true };

local function may_ask(event)
	local origin = event.origin;
	local privileges = origin.type == "component" and origin.host == component
		and event.stanza.attr.from == component and origin.privileges and origin.privileges[module.host];
	if privileges and privileges.presence then return true; end
	origin.send(st.error_reply(event.stanza, "auth", "forbidden"));
	return false;
end

local function limit_of(request)
	return math.max(1, math.min(MOST, tonumber(request.attr.limit) or MOST));
end

local function told_of(session)
	local kept = st.presence({ from = session.full_jid });
	for _, tag in ipairs(session.presence.tags) do
		if said[tag.name] then kept:add_direct_child(tag); end
	end
	if #tostring(kept) <= MOST_BYTES_EACH then return kept; end
	local short = st.presence({ from = session.full_jid, partial = "true" });
	return short:text_tag("show", (session.presence:get_child_text("show") or ""):sub(1, 10));
end

-- The people that were online when the first page was asked for: who came later is heard of.
local list;

module:hook("iq-get/host/" .. xmlns .. ":sessions", function (event)
	if not may_ask(event) then return true; end
	local request = event.stanza.tags[1];
	local id, index = (request.attr.after or ""):match("^([%w_-]+):(%d+)$");
	if not id then
		list = { id = new_id(), at = time() };
		for username in pairs(sessions) do list[#list + 1] = username; end
		index = 0;
	elseif not list or list.id ~= id or list.at < time() - LIST_SECONDS then
		event.origin.send(st.error_reply(event.stanza, "cancel", "item-not-found", "Begin anew"));
		return true;
	end
	local reply = st.reply(event.stanza):tag("sessions", { xmlns = xmlns });
	local n, count, bytes, limit = tonumber(index), 0, 0, limit_of(request);
	while n < #list and count < limit and bytes < MOST_BYTES do
		n = n + 1;
		local user = sessions[list[n]];
		local told = 0;
		for _, session in pairs(user and user.sessions or {}) do
			if told == MOST_SESSIONS then
				reply:text_tag("many", nil, { ["local"] = list[n] });
				break;
			end
			if session.presence then
				told = told + 1;
				local presence = told_of(session);
				reply:add_child(presence);
				count, bytes = count + 1, bytes + #tostring(presence);
			end
		end
	end
	if n < #list then
		reply.tags[1].attr.next = list.id .. ":" .. n;
		list.at = time();
	else
		list = nil;
	end
	event.origin.send(reply);
	return true;
end);

module:hook("iq-get/host/" .. xmlns .. ":contacts", function (event)
	if not may_ask(event) then return true; end
	local request = event.stanza.tags[1];
	local after, limit = request.attr.after or "", limit_of(request);
	local roster, err = load_roster(request.attr["local"] or "", module.host);
	if err then
		event.origin.send(st.error_reply(event.stanza, "wait", "internal-server-error"));
		return true;
	end
	local found = {};
	for contact, item in pairs(roster) do
		if contact and contact ~= "pending" and (item.subscription == "to" or item.subscription == "both")
			and contact > after then
			found[#found + 1] = contact;
		end
	end
	table.sort(found);
	local reply = st.reply(event.stanza):tag("contacts", { xmlns = xmlns, next = #found > limit and found[limit] or nil });
	for n = 1, math.min(limit, #found) do
		reply:text_tag("item", nil, { jid = found[n] });
	end
	event.origin.send(reply);
	return true;
end);

-- What is about to be handled may change a roster; it is told a moment after.
local touched, timer = {}, false;

local function tell()
	timer = false;
	local message = st.message({ from = module.host, to = component }):tag("rosters", { xmlns = xmlns });
	local count = 0;
	for username in pairs(touched) do
		message:text_tag("person", nil, { ["local"] = username });
		touched[username] = nil;
		count = count + 1;
		if count == MOST then break; end
	end
	module:send(message:up());
	if next(touched) then
		timer = true;
		module:add_timer(TELL_SECONDS, tell);
	end
end

local function touch(jid)
	local username, host = jid_split(jid or "");
	if not username or host ~= module.host then return; end
	touched[username] = true;
	if timer then return; end
	timer = true;
	module:add_timer(TELL_SECONDS, tell);
end

-- By mod_kontor_groups: everybody in a group has other contacts when it changes.
module:hook("kontor-contacts-changed", function (event)
	for _, address in ipairs(event.addresses) do touch(address); end
end);

local subscribing = { subscribe = true, subscribed = true, unsubscribe = true, unsubscribed = true };

local function on_presence(event)
	local attr = event.stanza.attr;
	if not subscribing[attr.type] then return; end
	touch(attr.from);
	touch(attr.to);
end

module:hook("pre-presence/bare", on_presence, FIRST);
module:hook("presence/bare", on_presence, FIRST);

module:hook("iq/self/jabber:iq:roster:query", function (event)
	if event.stanza.attr.type == "set" then touch(event.origin.full_jid); end
end, FIRST);
module:hook("iq-set/bare/jabber:iq:roster:query", function (event) touch(event.stanza.attr.to); end, FIRST);
