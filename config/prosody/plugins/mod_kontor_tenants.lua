-- Keeps the tenants of one server apart.
-- In:     option kontor_tenants = { ["tenant domain"] = { "partner domain", ... } }, the same on every host;
--         read again after a configuration reload (SIGHUP, config:reload()) or module:reload().
-- Out:    stanzas between domains of different tenants are answered with <forbidden type='auth'/>, unless each of
--         the two lists the other. A tenant's domains are its own and all below it (rooms., upload., conference. ...).
-- Why:    two hosts of one server reach each other without s2s, so no s2s rule ever sees their traffic.
-- Hooks run before all others, so that a refused stanza leaves no trace in archive, carbons or roster.
-- pre-* events see what clients send; the events of the receiving host see everything that is routed, also from
-- components and from modules. Each alone would do for its side; together no single missing hook opens a hole.

local jid_host = require "util.jid".host;
local jid_bare = require "util.jid".bare;
local st = require "util.stanza";

local FIRST = 1e6; -- before every module's own priority
local xmlns_privilege = "urn:xmpp:privilege:2";
local xmlns_forward = "urn:xmpp:forward:0";

local tenants = {};

local function load_tenants()
	local configured = module:get_option("kontor_tenants", {});
	local read = {};
	for domain, partners in pairs(configured) do
		local consents = {};
		for _, partner in ipairs(partners) do
			consents[partner] = true;
		end
		read[domain] = consents;
	end
	tenants = read;
end

-- The tenant a domain belongs to: the longest configured domain that it is or lies below.
local function tenant_of(domain)
	while domain do
		if tenants[domain] then return domain; end
		domain = domain:match("^[^.]+%.(.+)$");
	end
end

-- Domains of no tenant have no business with a tenant either: what is not named is denied.
function may_talk(from_domain, to_domain) -- luacheck: ignore 131/may_talk
	-- Global of this module: mod_kontor_fanout asks it too.
	if from_domain == to_domain then return true; end
	local from, to = tenant_of(from_domain), tenant_of(to_domain);
	if not from or not to then return false; end
	return from == to or (tenants[from][to] and tenants[to][from]) or false;
end

local function refuse(origin, stanza, text)
	local kind = stanza.attr.type;
	module:log("info", "Refused %s from %s to %s: %s", stanza.name, stanza.attr.from or "?", stanza.attr.to or "?", text);
	-- Never an error to an error or a result, and none to presence that asks for no answer.
	local silent = kind == "error" or (stanza.name == "iq" and kind == "result")
		or (stanza.name == "presence" and (kind == "unavailable" or kind == "probe" or kind == "unsubscribed"));
	if not silent and origin.send then
		origin.send(st.error_reply(stanza, "auth", "forbidden", text));
	end
	return true;
end

-- mod_privilege takes a message on behalf of anybody at any host of the server: only its own host's people may pass.
local function is_foreign_privileged_message(stanza)
	local privilege = stanza:get_child("privilege", xmlns_privilege);
	local forwarded = privilege and privilege:get_child("forwarded", xmlns_forward);
	if not forwarded then return false; end
	for _, inner in ipairs(forwarded.tags) do
		if jid_host(inner.attr.from) ~= jid_host(stanza.attr.to) then return true; end
	end
	return false;
end

local function check(event)
	local origin, stanza = event.origin, event.stanza;
	local to = stanza.attr.to and jid_host(stanza.attr.to);
	if not to then return; end -- to the sender's own account
	local from = stanza.attr.from and jid_host(stanza.attr.from);
	-- The stream's own domain counts too: a stanza from another's address must not borrow that one's consent.
	local stream = (origin.type == "c2s" or origin.type == "component") and origin.host;
	if (from and not may_talk(from, to)) or (stream and not may_talk(stream, to)) then
		return refuse(origin, stanza, "The other side belongs to another tenant; both must agree to talk to each other");
	end
	if stanza.name == "message" and is_foreign_privileged_message(stanza) then
		return refuse(origin, stanza, "A privileged message must come from an account of the host it is sent to");
	end
end

for _, name in ipairs { "message", "presence", "iq" } do
	for _, kind in ipairs { "bare", "full", "host" } do
		module:hook("pre-"..name.."/"..kind, check, FIRST);
		module:hook(name.."/"..kind, check, FIRST);
	end
end

-- mod_privilege tells a privileged component the presence of everybody online at every host when it connects, written
-- straight to its stream past all routing. Hence the stream itself is watched.
module:hook("component-authenticated", function (event)
	local session = event.session;
	local send = session.send;
	function session.send(data)
		if st.is_stanza(data) and data.name == "presence" and data.attr.type ~= "error" then
			local from = data.attr.from and jid_host(data.attr.from);
			if from and not may_talk(from, session.host) then
				module:log("debug", "Kept presence of %s from %s", jid_bare(data.attr.from), session.host);
				return true;
			end
		end
		return send(data);
	end
end, FIRST);

load_tenants();
module:hook_global("config-reloaded", load_tenants);
