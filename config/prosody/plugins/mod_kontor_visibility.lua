-- Who of a tenant is seen by whom in rosters, and what is shown in place of what clients say.
-- In:     iq of type set from presence.<host>, to whom this host grants presence (mod_privilege), urn:kontor:visibility:1:
--         <rules within='everyone|contacts|groups|nobody' partners='everyone|contacts|nobody' hide-times='true|false'/>
--         <people [part='1' parts='3']> with up to 1,000 <person local='' [audience=''] [hide-times='true'] [show='']
--         [status='']/>. Without parts: these people from now on. With: all people that differ from the rules; it takes
--         effect with the last part, and whom none of them names is as the rules have it.
-- Out:    presence of this host's people reaches those who may see it, with show and status as told; unavailable goes to
--         who may not any more. Requests to devices, answers to probes and PEP of what somebody does likewise. Who may
--         not see somebody gets the same whether he is there or not.
-- Keeps:  the rules and what people hide, in the server's storage. What is shown in their place is of the moment: it is
--         told anew with each stream, and must not get into a backup.
-- Shares: /*/kontor_visibility/hosts: [host] = { may_see(local part, bare address) }. Unavailable presence that another
--         module sends to somebody who has just ceased to be in a group with its sender has a field `parting` = true: he
--         who could see until then is told, though he is no contact any more.
-- Why:    it is here that presence leaves for people of this and of partner hosts; a component sees only copies.

local jid = require "util.jid";
local st = require "util.stanza";
local rostermanager = require "core.rostermanager";
local user_exists = require "core.usermanager".user_exists;

local xmlns = "urn:kontor:visibility:1";
local host = module.host;
local teller = "presence."..host;
local bare_sessions = prosody.bare_sessions;
local post = prosody.core_post_stanza;
local pep = module:depends("pep");
local presence = module:depends("presence");

local MAX_PEOPLE_AT_ONCE = 1000;
local MAX_PEOPLE = 100000;
local MAX_STATUS_BYTES = 2000;
-- Work for one turn of the timer: stanzas sent and people settled; who may have seen them is looked at much faster.
local SLICE = 200;
local LOOKED_AT_FOR_ONE = 20;
local SLICE_SECONDS = 0.02;
-- A feed that is silent so long is dead: nobody is in a meeting for its sake.
local FEED_SECONDS = module:get_option_number("kontor_visibility_feed_seconds", 60);
-- After what knows presence without showing it (mod_pep, 10) and before what delivers it (mod_presence, 0).
local DELIVERY = 5;
local BEFORE_ALL = 2000;

-- From the widest to the narrowest.
local RANKS = { everyone = 1, contacts = 2, groups = 3, nobody = 4 };
local EVERYONE, CONTACTS, NOBODY = 1, 2, 4;
local SHOWS = { chat = true, away = true, dnd = true, xa = true };
-- What somebody does right now: as much presence as presence itself.
local LIVE_NODES = {
	["http://jabber.org/protocol/activity"] = true; -- XEP-0108
	["http://jabber.org/protocol/mood"] = true; -- XEP-0107
	["http://jabber.org/protocol/tune"] = true; -- XEP-0118
	["http://jabber.org/protocol/geoloc"] = true; -- XEP-0080
	["urn:xmpp:gaming:0"] = true; -- XEP-0196
	["urn:xmpp:browsing:0"] = true; -- XEP-0195
	["urn:xmpp:chatting:0"] = true; -- XEP-0194
	["urn:xmpp:viewing:0"] = true; -- XEP-0197
};

local hosts = module:shared("/*/kontor_visibility/hosts");
local groups = module:shared("/*/kontor_groups/hosts");
local store = module:open_store();
local RULES = "@rules"; -- no local part (RFC 7622 3.3.1)

-- As any server has it, until the rules are told: partners' people see who has approved them.
local rules = { within = EVERYONE, partners = CONTACTS, hide = false };
local told = false;
local people = {}; -- [local part] = { audience?, hide?, show?, status? }
local count = 0;
local in_force = {}; -- [local part] = what the rules and the person's own make together
local common; -- the same for all who differ in nothing

-- Rules -----------------------------------------------------------------------------------------------------------

local function combine(own)
	local audience = own.audience or EVERYONE;
	return {
		within = math.max(rules.within, audience);
		partners = math.max(rules.partners, audience);
		hide = rules.hide or own.hide or false;
		show = own.show;
		status = own.status;
	};
end

local function of(name)
	local own = people[name];
	if not own then return common; end
	local found = in_force[name];
	if not found then
		found = combine(own);
		in_force[name] = found;
	end
	return found;
end

-- Where the groups of the tenant are shown in rosters (mod_kontor_groups), its members are contacts of each other.
local function shares_group(name, viewer)
	local node, viewer_host = jid.split(viewer);
	local told_groups = groups[host];
	if viewer_host ~= host or not told_groups then return false; end
	return told_groups.is_member_of_same(name, node) or false;
end

-- Whether a viewer, by his bare address, may see a person of whom `view` is in force. parting: he did, as a contact.
local function allows(view, name, viewer, parting)
	local audience = jid.host(viewer) == host and view.within or view.partners;
	if audience == EVERYONE then return true; end
	if audience == NOBODY then return false; end
	if parting == true then return true; end
	if shares_group(name, viewer) then return true; end
	return audience == CONTACTS and (parting == "contact" or rostermanager.is_contact_subscribed(name, host, viewer) or false);
end

local function may_see(name, viewer)
	return allows(of(name), name, viewer);
end

-- A person's address at a host whose people are under rules; nothing for components and other servers.
local function person_of(address)
	if not address then return; end
	local node, at = jid.split(address);
	if node and hosts[at] then return node, at, node.."@"..at; end
end

-- Somebody other than the one written to, who may not see him.
local function is_blind(name, address)
	local _, _, viewer = person_of(address);
	return viewer ~= nil and viewer ~= name.."@"..host and not may_see(name, viewer);
end

-- Presence on its way ---------------------------------------------------------------------------------------------

-- XEP-0319, XEP-0203 and its elder, XEP-0012: since when.
local TIMES = { ["urn:xmpp:idle:1"] = "idle", ["urn:xmpp:delay"] = "delay", ["jabber:x:delay"] = "x", ["jabber:iq:last"] = "query" };

-- A copy for one receiver: the client's own stanza stays, others get it as well.
local function shown(stanza, view)
	local available = stanza.attr.type == nil;
	if not (view.hide or view.status or (available and view.show)) then return stanza; end
	local copy = st.clone(stanza);
	if view.hide then
		copy:maptags(function (tag)
			if TIMES[tag.attr.xmlns or ""] == tag.name then return nil; end
			return tag;
		end);
	end
	if available and view.show then
		copy:remove_children("show");
		copy:text_tag("show", view.show);
	end
	if view.status then
		copy:remove_children("status");
		copy:text_tag("status", view.status);
	end
	return copy;
end

-- Who takes back an approval does so before the last unavailable goes out: until then the other one is a contact.
local parting_from, parting_to;

local function deliver(event)
	local stanza = event.stanza;
	if stanza.attr.to == nil then return; end
	local name, at, person = person_of(stanza.attr.from);
	local viewer = name and jid.bare(stanza.attr.to);
	if not name or viewer == person then return; end
	local parting = stanza.parting or (parting_from == person and parting_to == viewer and "contact") or nil;
	local view = hosts[at].view(name, viewer, stanza.attr.type == "unavailable" and parting or nil);
	if not view then return true; end
	event.stanza = shown(stanza, view);
end

-- RFC 6121 4.3.2: as of somebody who is away.
local function probe(event)
	local stanza = event.stanza;
	local name = stanza.attr.to and jid.node(stanza.attr.to);
	if not name or not is_blind(name, stanza.attr.from) then return; end
	if not rostermanager.is_contact_subscribed(name, host, jid.bare(stanza.attr.from)) then return; end
	local answer = st.presence({ type = "unavailable", from = name.."@"..host, to = stanza.attr.from });
	answer.parting = "blind";
	post(prosody.hosts[host], answer);
	return true;
end

-- RFC 6121 3.1.3, where the tenant's rules say in the person's place that colleagues see each other. The server's own
-- way of an approval fails for who is away: it looks into the roster of who asks.
local function grant(name, viewer, origin)
	if not rostermanager.subscribed(name, host, viewer) then return false; end
	local here, person = prosody.hosts[host], name.."@"..host;
	rostermanager.roster_push(name, host, viewer);
	post(here, st.presence({ type = "subscribed", from = person, to = viewer }));
	if presence.send_presence_of_available_resources(name, host, viewer, origin) == 0 then
		post(here, st.presence({ type = "unavailable", from = person, to = viewer }));
	end
	-- Who has asked the other way before learns now whether the other one is there.
	if rostermanager.is_user_subscribed(name, host, viewer) then
		post(here, st.presence({ type = "probe", from = person, to = viewer }));
	end
	return true;
end

local function approve(event)
	local stanza = event.stanza;
	local name = stanza.attr.to and jid.node(stanza.attr.to);
	local _, at, viewer = person_of(stanza.attr.from);
	if not told or not name or at ~= host or of(name).within ~= EVERYONE then return; end
	if not user_exists(name, host) or rostermanager.is_contact_subscribed(name, host, viewer) then return; end
	if not rostermanager.set_contact_pending_in(name, host, viewer, stanza) then return; end
	return grant(name, viewer, event.origin) or nil;
end

-- Who was asked before the rules answered the question. Who is away is asked again when the other one comes online.
local function approve_pending(name, roster)
	local waiting = {};
	for viewer in pairs(roster[false].pending) do
		if jid.host(viewer) == host and jid.node(viewer) then waiting[#waiting + 1] = viewer; end
	end
	for _, viewer in ipairs(waiting) do grant(name, viewer, prosody.hosts[host]); end
end

local function receive(event)
	local kind = event.stanza.attr.type;
	if kind == nil or kind == "unavailable" then return deliver(event); end
	if kind == "probe" then return probe(event); end
	if kind == "subscribe" then return approve(event); end
end
module:hook("presence/bare", receive, DELIVERY);
module:hook("presence/full", receive, DELIVERY);

for _, kind in ipairs { "bare", "full" } do
	module:wrap_event("pre-presence/"..kind, function (handlers, name, event)
		local stanza = event.stanza;
		if stanza.attr.type ~= "unsubscribed" or not stanza.attr.to then return handlers(name, event); end
		parting_from, parting_to = jid.bare(stanza.attr.from), jid.bare(stanza.attr.to);
		local result = handlers(name, event);
		parting_from, parting_to = nil, nil;
		return result;
	end);
end

-- What else depends on whether somebody is there --------------------------------------------------------------------

local function refuse(event)
	event.origin.send(st.error_reply(event.stanza, "cancel", "service-unavailable"));
	return true;
end

local function is_request(stanza)
	return stanza.attr.type == "get" or stanza.attr.type == "set";
end

-- RFC 6121 8.5.3.2.3: as to a device that is not there.
module:hook("iq/full", function (event)
	local stanza = event.stanza;
	local name = jid.node(stanza.attr.to);
	if not is_request(stanza) or not person_of(stanza.attr.from) then return; end
	if is_blind(name, stanza.attr.from) then return refuse(event); end
	local asks_since = stanza:get_child("query", "jabber:iq:last") ~= nil;
	if asks_since and of(name).hide and jid.bare(stanza.attr.from) ~= name.."@"..host then return refuse(event); end
end, DELIVERY);

module:hook("iq-get/bare/jabber:iq:last:query", function (event)
	local stanza = event.stanza;
	local name = stanza.attr.to and jid.node(stanza.attr.to);
	if not name or jid.bare(stanza.attr.from) == name.."@"..host then return; end
	if of(name).hide or is_blind(name, stanza.attr.from) then return refuse(event); end
end, DELIVERY);

-- No client reads such a message from a person, but whether it comes back tells whether the device is there.
module:hook("message/full", function (event)
	local stanza = event.stanza;
	if stanza.attr.type == "groupchat" and is_blind(jid.node(stanza.attr.to), stanza.attr.from) then return refuse(event); end
end, DELIVERY);

-- A message that is not archived comes back from who is away: the same.
module:hook("message/offline/handle", function (event)
	if event.username and is_blind(event.username, event.stanza.attr.from) then return true; end
end, -1000);

-- PEP: who may not see does not exist for these nodes, whatever access the person has given to them.
local function guard(event)
	local service = event.item.service;
	local name = service.config.pep_username;
	if not name or service.kontor_guarded then return; end
	service.kontor_guarded = true;
	local function hidden(node, address)
		-- Looked up: the service outlives a reload of this module.
		local here = hosts[host];
		return LIVE_NODES[node] and here and type(address) == "string" and here.is_blind(name, address);
	end
	local may, filter = service.may, service.config.subscriber_filter;
	function service:may(node, actor, action) -- luacheck: ignore 432/self
		return not hidden(node, actor) and may(self, node, actor, action);
	end
	function service.config.subscriber_filter(jids, node, ...)
		local chosen = filter(jids, node, ...);
		if not LIVE_NODES[node] then return chosen; end
		local left = {};
		for address, options in pairs(chosen) do
			if not hidden(node, address) then left[address] = options; end
		end
		return left;
	end
end
module:handle_items("pep-service", guard, function () end, true);

local function send_live_items(name, viewer)
	local service = pep.get_pep_service(name);
	for node in pairs(LIVE_NODES) do
		if service.nodes[node] then
			for address in pairs(service.config.subscriber_filter({}, node)) do
				local ok, id, item = service:get_last_item(node, address);
				if jid.bare(address) == viewer and ok and id then
					service.config.broadcaster("items", node, { [address] = true }, item);
				end
			end
		end
	end
end

-- Changes ---------------------------------------------------------------------------------------------------------

local before = {}; -- [local part] = what was in force when others were last told of him
local queue, first = {}, 1;
local ticking = false;

-- All who got or get presence of a person: [address] = whether by the roster, else directed.
local function viewers_of(user)
	local found = {};
	for _, session in pairs(user.sessions) do
		for address in pairs(session.directed or {}) do found[address] = false; end
	end
	for contact, item in pairs(user.roster or {}) do
		if contact and (item.subscription == "both" or item.subscription == "from") then found[contact] = true; end
	end
	return found;
end

-- Tells who sees a person differently from now on; gives how much work it was.
local function settle(name)
	local was = before[name];
	before[name] = nil;
	local user = bare_sessions[name.."@"..host];
	if not was or not user then return 0; end
	local is = of(name);
	if is.within == EVERYONE and was.within ~= EVERYONE and user.roster then approve_pending(name, user.roster); end
	local sent, looked_at = 0, 0;
	local differs = was.show ~= is.show or was.status ~= is.status or was.hide ~= is.hide;
	if not differs and was.within == is.within and was.partners == is.partners then return 0; end
	for address, by_roster in pairs(viewers_of(user)) do
		local _, _, viewer = person_of(address);
		looked_at = looked_at + 1;
		if viewer and bare_sessions[viewer] and viewer ~= name.."@"..host then
			local saw, sees = allows(was, name, viewer), allows(is, name, viewer);
			local gains = sees and not saw;
			for _, session in pairs((gains or saw ~= sees or (sees and differs)) and user.sessions or {}) do
				local reaches = by_roster or (session.directed and session.directed[address]);
				if reaches and sees and session.presence then
					session.presence.attr.to = address;
					post(session, session.presence, true);
					session.presence.attr.to = nil;
					sent = sent + 1;
				elseif reaches and not sees and (session.presence or not by_roster) then
					local away = st.presence({ type = "unavailable", from = session.full_jid, to = address });
					away.parting = "blind";
					post(session, away);
					sent = sent + 1;
				end
			end
			if gains then send_live_items(name, viewer); end
		end
	end
	return sent + looked_at / LOOKED_AT_FOR_ONE;
end

local function tick()
	local work = 0;
	while work < SLICE and queue[first] do
		local name = queue[first];
		queue[first] = nil;
		first = first + 1;
		work = work + 1 + settle(name);
	end
	if queue[first] then return SLICE_SECONDS; end
	queue, first, ticking = {}, 1, false;
end

-- To be called before a person's view changes.
local function mark(name)
	if before[name] or not bare_sessions[name.."@"..host] then return; end
	before[name] = of(name);
	queue[#queue + 1] = name;
end

local function later()
	if ticking or not queue[first] then return; end
	ticking = true;
	module:add_timer(0, tick);
end

-- What somebody says next goes to who sees him now; who does not any more must have been told so first.
local function settle_first(event)
	local name = event.origin.username;
	if name and event.origin.host == host and before[name] then settle(name); end
end
module:hook("pre-presence/bare", settle_first, BEFORE_ALL);
module:hook("pre-presence/full", settle_first, BEFORE_ALL);

local function keep(name)
	local own = people[name];
	local kept = own and (own.audience or own.hide) and { audience = own.audience, hide = own.hide } or nil;
	local ok, err = store:set(name, kept);
	if not ok then module:log("error", "What %s hides is not kept through a restart: %s", name, err); end
end

local function set_person(name, own)
	local old = people[name] or {};
	local new = own or {};
	if old.audience == new.audience and old.hide == new.hide and old.show == new.show and old.status == new.status then return; end
	mark(name);
	count = count + (own and 1 or 0) - (people[name] and 1 or 0);
	people[name], in_force[name] = own, nil;
	if old.audience ~= new.audience or old.hide ~= new.hide then keep(name); end
end

local function set_rules(new)
	told = true;
	if rules.within == new.within and rules.partners == new.partners and rules.hide == new.hide and store:get(RULES) then return true; end
	for name in pairs(prosody.hosts[host].sessions) do mark(name); end
	rules, in_force = new, {};
	common = combine({});
	return store:set(RULES, new);
end

-- What is told ----------------------------------------------------------------------------------------------------

local function is_teller(event)
	local origin, from = event.origin, event.stanza.attr.from;
	local granted = origin.privileges and origin.privileges[host];
	return origin.type == "component" and origin.host == teller and from == teller and granted ~= nil and granted.presence ~= nil;
end

local function answer(event, kind, condition, text)
	local stanza = event.stanza;
	event.origin.send(kind and st.error_reply(stanza, kind, condition, text) or st.reply(stanza));
	return true;
end

local BOOLEANS = { ["true"] = true, ["false"] = false };

module:hook("iq-set/host/"..xmlns..":rules", function (event)
	if not is_teller(event) then return answer(event, "auth", "forbidden"); end
	local attr = event.stanza.tags[1].attr;
	local new = { within = RANKS[attr.within], partners = RANKS[attr.partners], hide = BOOLEANS[attr["hide-times"]] };
	if not new.within or not new.partners or new.hide == nil then
		return answer(event, "modify", "bad-request", "within, partners and hide-times say who sees people");
	end
	local ok, err = set_rules(new);
	later();
	if not ok then return answer(event, "wait", "internal-server-error", "The rules are not kept: "..tostring(err)); end
	return answer(event);
end);

-- One <person/>: his name and what is his own (nil: nothing); no name when it cannot be read.
local function read_person(tag)
	local attr = tag.attr;
	local name = tag.name == "person" and attr["local"] and jid.prep(attr["local"].."@"..host);
	name = name and jid.node(name);
	local hide = BOOLEANS[attr["hide-times"] or "false"];
	if not name or hide == nil then return; end
	if attr.audience and not RANKS[attr.audience] then return; end
	if attr.show and not SHOWS[attr.show] then return; end
	if attr.status and (attr.status == "" or #attr.status > MAX_STATUS_BYTES) then return; end
	local own = { audience = RANKS[attr.audience or ""], hide = hide or nil, show = attr.show, status = attr.status };
	return name, next(own) and own or nil;
end

local function read_people(element)
	local found, n = {}, 0;
	for tag in element:childtags() do
		local name, own = read_person(tag);
		n = n + 1;
		if not name or n > MAX_PEOPLE_AT_ONCE then return; end
		found[name] = own or false;
	end
	return found;
end

-- All people, as they come part by part over one stream.
local gathered;

local function take_parts(origin, part, parts, found)
	if part == 1 then gathered = { origin = origin, next = 1, parts = parts, people = {}, count = 0 }; end
	if not gathered or gathered.origin ~= origin or gathered.next ~= part or gathered.parts ~= parts then
		gathered = nil;
		return false;
	end
	for name, own in pairs(found) do
		gathered.people[name] = own or nil;
		gathered.count = gathered.count + 1;
	end
	gathered.next = part + 1;
	if gathered.count > MAX_PEOPLE then
		gathered = nil;
		return false;
	end
	if part < parts then return true; end
	local all = gathered.people;
	gathered = nil;
	for name in pairs(people) do
		if not all[name] then set_person(name, nil); end
	end
	for name, own in pairs(all) do set_person(name, own); end
	return true;
end

module:hook("iq-set/host/"..xmlns..":people", function (event)
	if not is_teller(event) then return answer(event, "auth", "forbidden"); end
	local element = event.stanza.tags[1];
	local part, parts = tonumber(element.attr.part), tonumber(element.attr.parts);
	local found = read_people(element);
	if not found or (element.attr.part == nil) ~= (parts == nil) then
		return answer(event, "modify", "bad-request", "At most 1,000 <person/> with a local part and what is known of them");
	end
	if part then
		if not take_parts(event.origin, part, parts, found) then
			return answer(event, "wait", "unexpected-request", "Parts begin with 1 and follow each other");
		end
	else
		for name, own in pairs(found) do
			if own and not people[name] and count >= MAX_PEOPLE then
				return answer(event, "wait", "resource-constraint", "More people are not kept");
			end
			set_person(name, own or nil);
		end
	end
	later();
	return answer(event);
end);

-- Nobody tells that a meeting is over once the feed is dead.
local silent = 0;
module:add_timer(FEED_SECONDS / 2, function ()
	local component = prosody.hosts[teller] and prosody.hosts[teller].modules.component;
	silent = component and component.connected and 0 or silent + 1;
	if silent == 2 then
		for name, own in pairs(people) do
			if own.show then
				local rest = { audience = own.audience, hide = own.hide, status = own.status };
				set_person(name, next(rest) and rest or nil);
			end
		end
		later();
	end
	return FEED_SECONDS / 2;
end);

-- Storage ---------------------------------------------------------------------------------------------------------

local function load()
	local kept = store:get(RULES);
	if kept then rules, told = kept, true; end
	for name in store:users() do
		if name ~= RULES then
			people[name] = store:get(name);
			count = count + 1;
		end
	end
	common = combine({});
end

module:hook_global("user-deleted", function (event)
	if event.host == host then set_person(event.username, nil); end
end);

function module.save()
	return { rules = rules, told = told, people = people, count = count };
end

function module.restore(saved)
	rules, told, people, count = saved.rules, saved.told, saved.people, saved.count;
	in_force, common = {}, combine({});
end

function module.unload()
	hosts[host] = nil;
end

load();
hosts[host] = {
	may_see = may_see;
	is_blind = is_blind;
	-- What is in force of a person for a viewer who may see him, or nothing.
	view = function (name, viewer, parting)
		local view = of(name);
		if parting == "blind" then return { hide = view.hide }; end
		return allows(view, name, viewer, parting) and view or nil;
	end;
};
module:add_feature(xmlns);
