-- One stanza of a component for many receivers: parsed, checked and routed once instead of once for each.
-- In:     <message/> or <presence/> from a component to its own domain, with a child
--         <fanout xmlns='urn:kontor:fanout:0'/> whose text holds full addresses, one a line.
-- Out:    the stanza without that child to each of them; an absent one is bounced as always.
-- Hosts:  on the component it does the work; on the tenant's host it tells of it by the feature urn:kontor:fanout:0.
-- Why:    an archived room beside this server costs the server twice what its own rooms cost, and nearly all of that is
--         parsing and routing copies that differ in one attribute.

local st = require "util.stanza";
local jid = require "util.jid";
local jid_bare, jid_host, jid_split = jid.bare, jid.host, jid.split;

local xmlns = "urn:kontor:fanout:0";
local full_sessions = prosody.full_sessions;

-- Who has ever blocked somebody gets everything on the server's own way, where mod_blocklist looks at it.
-- [bare address] = true, or false for those known to have blocked nobody.
local careful = module:shared("/*/kontor_fanout/careful");

if module:get_host_type() == "local" then
	module:add_feature(xmlns);
	module:hook("iq-set/self/urn:xmpp:blocking:block", function (event)
		careful[event.origin.username.."@"..event.origin.host] = true;
	end, 10);
	return;
end

local may_talk = module:depends("kontor_tenants").may_talk;

local function is_careful(bare)
	local known = careful[bare];
	if known == nil then
		local user, host = jid_split(bare);
		local blocked = module:context(host):open_store("blocklist"):get(user);
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

local function fan_out(event)
	local origin, stanza = event.origin, event.stanza;
	if origin.type ~= "component" or origin.host ~= module.host then return; end
	local list = stanza:get_child_text("fanout", xmlns);
	if not list then return; end
	stanza:remove_children("fanout", xmlns);
	local direct = stanza.name == "presence" or stanza.attr.type == "groupchat";
	for to in list:gmatch("[^\n]+") do
		local copy = addressed(stanza, to);
		local session = direct and full_sessions[to];
		local delivered = session and session.type == "c2s" and may_talk(module.host, jid_host(to))
			and not is_careful(jid_bare(to)) and session.send(copy);
		if not delivered then module:send(copy, origin); end
	end
	return true;
end

module:hook("message/host", fan_out, 2e6);
module:hook("presence/host", fan_out, 2e6);
