-- One stanza of a component for many receivers: parsed, checked and routed once instead of once for each.
-- In:     <message/> or <presence/> from a component to its own domain, with a child
--         <fanout xmlns='urn:kontor:fanout:0'/> whose text holds full addresses, one a line; or with a child
--         <bundle xmlns='urn:kontor:bundle:0' to=''/> whose text holds many stanzas, each with 'from' and 'to'.
-- Out:    the stanza without that child to each of them; those in the bundle to the address that it names. An absent one
--         is bounced as always.
-- Hosts:  on the component it does the work; on the tenant's host it tells of it by features.
-- Why:    an archived room beside this server costs the server twice what its own rooms cost, and nearly all of that is
--         parsing and routing copies that differ in one attribute. A page of an archive is nothing but such work.

local st = require "util.stanza";
local parse_xml = require "util.xml".parse;

local xmlns = "urn:kontor:fanout:0";
local xmlns_bundle = "urn:kontor:bundle:0";
local escaped = st.xml_escape;
local full_sessions = prosody.full_sessions;

-- Who has ever blocked somebody gets everything on the server's own way, where mod_blocklist looks at it.
-- [bare address] = true, or false for those known to have blocked nobody.
local careful = module:shared("/*/kontor_fanout/careful");

if module:get_host_type() == "local" then
	module:add_feature(xmlns);
	module:add_feature(xmlns_bundle);
	module:hook("iq-set/self/urn:xmpp:blocking:block", function (event)
		careful[event.origin.username.."@"..event.origin.host] = true;
	end, 10);
	return;
end

local may_talk = module:depends("kontor_tenants").may_talk;

-- [session] = its bare address.
local bare_of = setmetatable({}, { __mode = "k" });

local function is_careful(session)
	local bare = bare_of[session];
	if not bare then
		bare = session.username.."@"..session.host;
		bare_of[session] = bare;
	end
	local known = careful[bare];
	if known == nil then
		local blocked = module:context(session.host):open_store("blocklist"):get(session.username);
		known = false;
		for entry in pairs(blocked or {}) do
			if entry then known = true; end
		end
		careful[bare] = known;
	end
	return known;
end

-- The children are shared: nobody on a stanza's way out changes them, who needs other ones makes a clone.
local function addressed(stanza, to)
	local copy = { name = stanza.name, attr = {}, tags = stanza.tags, namespaces = stanza.namespaces };
	for key, value in pairs(stanza.attr) do copy.attr[key] = value; end
	for i = 1, #stanza do copy[i] = stanza[i]; end
	copy.attr.to = to;
	return setmetatable(copy, st.stanza_mt);
end

-- What is written is the same for all but for the receiver: made once, as the two texts between which the address comes.
local mark = "\1";
local function halves(stanza)
	local text = tostring(addressed(stanza, mark));
	local at = text:find(mark, 1, true);
	return text:sub(1, at - 1), text:sub(at + 1);
end

-- A stream of TCP with nobody who wants to see the stanzas that leave (mod_smacks, mod_csi, WebSocket) is given text.
local function takes_text(session)
	local filters = session.filters and session.filters["stanzas/out"];
	return session.stream and session.rawsend and not (filters and filters[1]);
end

-- The session of a receiver who is there and may be written to without a look at each stanza.
-- allowed: [domain] = whether its people may be written to, as far as it was asked.
local function open_session(to, allowed)
	local session = full_sessions[to];
	if not session or session.type ~= "c2s" then return; end
	local host = session.host;
	if allowed[host] == nil then allowed[host] = may_talk(module.host, host); end
	return allowed[host] and not is_careful(session) and session or nil;
end

local function unbundle(origin, bundle)
	local to, text = bundle.attr.to, bundle:get_text();
	local session = open_session(to, {});
	if session and takes_text(session) and session.rawsend(text) then return; end
	local all = parse_xml("<all xmlns='jabber:client'>"..text.."</all>");
	if not all then
		module:log("error", "A bundle for %s is no XML", to);
		return;
	end
	for stanza in all:childtags() do
		stanza.attr.xmlns = nil;
		module:send(stanza, origin);
	end
end

local function fan_out(event)
	local origin, stanza = event.origin, event.stanza;
	if origin.type ~= "component" or origin.host ~= module.host then return; end
	local bundle = stanza:get_child("bundle", xmlns_bundle);
	if bundle then
		unbundle(origin, bundle);
		return true;
	end
	local list = stanza:get_child_text("fanout", xmlns);
	if not list then return; end
	stanza:remove_children("fanout", xmlns);
	local direct = stanza.name == "presence" or stanza.attr.type == "groupchat";
	local allowed = {};
	local before, behind;
	for to in list:gmatch("[^\n]+") do
		local session = direct and open_session(to, allowed);
		local delivered = false;
		if session then
			if takes_text(session) then
				if not before then before, behind = halves(stanza); end
				delivered = session.rawsend(before..escaped(to)..behind);
			else
				delivered = session.send(addressed(stanza, to));
			end
		end
		if not delivered then module:send(addressed(stanza, to), origin); end
	end
	return true;
end

module:hook("message/host", fan_out, 2e6);
module:hook("presence/host", fan_out, 2e6);
