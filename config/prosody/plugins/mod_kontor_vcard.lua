-- Whoever has no vCard of his own has one of the directory: name, organisation and address.
-- In:     requests for a vCard: vcard-temp (XEP-0054), vcard-4.0 and the personal node urn:xmpp:vcard4 (XEP-0292).
-- Out:    to presence.<host> <iq type='get'><people xmlns='urn:kontor:directory:1'> with up to 100
--         <person local='' viewer='' contact='true|false'/>, which answers in their order <person name='' organisation=''/>, or
--         without attributes where the rules do not let the viewer see. Then what the server's own modules answer, with that
--         in it where they have nothing. One question at a time: what comes meanwhile goes together into the next, since
--         clients look at all their contacts when they sign in.
-- Hosts:  the tenant's.
-- Why:    written into everybody's node it would be a storm with each import, and a copy to be kept and deleted. Here it is
--         asked for when somebody looks; an own vCard stays as it is, and so does a picture without one.

local cache = require "util.cache";
local is_contact_subscribed = require "core.rostermanager".is_contact_subscribed;
local jid_bare, jid_split = require "util.jid".bare, require "util.jid".split;
local new_id = require "util.id".short;
local now = require "util.time".monotonic;
local st = require "util.stanza";
local user_exists = require "core.usermanager".user_exists;
local pep = module:depends("pep");

local xmlns = "urn:kontor:directory:1";
local xmlns_4 = "urn:ietf:params:xml:ns:vcard-4.0";
local xmlns_pubsub = "http://jabber.org/protocol/pubsub";
local node = "urn:xmpp:vcard4";
local directory = "presence."..module.host;
local ANSWER_SECONDS = 5;
local KEEP_SECONDS = 60;
local MOST_IN_QUESTION = 100;
local MOST_WAITING = 20000;
-- Before mod_pep, mod_vcard4 and mod_vcard_legacy.
local FIRST = 10;

local known = cache.new(2000);

local function answers(event)
	local component = prosody.hosts[directory] and prosody.hosts[directory].modules.component;
	return component and component.connected and not event.kontor_vcard;
end

-- The person asked about, when there is something to be added.
local function without_vcard(event)
	local local_part = jid_split(event.stanza.attr.to) or event.origin.username;
	if not answers(event) or not local_part or not user_exists(local_part, module.host) then return; end
	local ok, id = pep.get_pep_service(local_part):get_last_item(node, true);
	if ok and id then return; end
	return local_part;
end

-- Whom is to be asked for, first to last, and by key as well; asking: a question is on its way.
local queue, first, last, waiting, asking = {}, 1, 0, {}, false;

local function next_question()
	local batch = {};
	local question = st.iq({ type = "get", from = module.host, to = directory, id = new_id() }):tag("people", { xmlns = xmlns });
	while queue[first] and #batch < MOST_IN_QUESTION do
		local entry = queue[first];
		queue[first], first = nil, first + 1;
		batch[#batch + 1] = entry;
		question:tag("person", { ["local"] = entry.local_part, viewer = entry.viewer, contact = entry.contact }):up();
	end
	asking = #batch > 0;
	if not asking then return; end
	local function answer(people)
		for i, entry in ipairs(batch) do
			local told = people and people[i];
			local person = told and told.attr.name and told.attr or nil;
			if told then known:set(entry.key, { person = person, till = now() + KEEP_SECONDS }); end
			waiting[entry.key] = nil;
			for _, tell in ipairs(entry) do tell(person); end
		end
		next_question();
	end
	module:send_iq(question, nil, ANSWER_SECONDS):next(function (event)
		local people = event.stanza:get_child("people", xmlns);
		answer(people and people.tags);
	end, function ()
		answer(nil);
	end);
end

local function ask(local_part, viewer, tell)
	local contact = is_contact_subscribed(local_part, module.host, viewer) and "true" or "false";
	local key = table.concat({ local_part, viewer, contact }, "\0");
	local found = known:get(key);
	if found and found.till > now() then return tell(found.person); end
	local entry = waiting[key];
	if not entry then
		if last - first >= MOST_WAITING then return tell(nil); end
		last = last + 1;
		entry = { key = key, local_part = local_part, viewer = viewer, contact = contact };
		queue[last], waiting[key] = entry, entry;
	end
	entry[#entry + 1] = tell;
	if not asking then next_question(); end
end

local function vcard_4(address, person)
	return st.stanza("vcard", { xmlns = xmlns_4 })
		:tag("fn"):text_tag("text", person.name):up()
		:tag("org"):text_tag("text", person.organisation):up()
		:tag("impp"):text_tag("uri", "xmpp:"..address):up();
end

-- [what is asked for] = its answer with the directory's, given the server's own.
local complete = {
	["vcard-temp:vCard"] = function (reply, address, person)
		local vcard = reply:get_child("vCard", "vcard-temp");
		if not vcard or (vcard:get_child_text("FN") or "") ~= "" then return reply; end
		vcard:remove_children("FN");
		vcard:text_tag("FN", person.name);
		vcard:tag("ORG"):text_tag("ORGNAME", person.organisation):up();
		vcard:text_tag("JABBERID", address);
		return reply;
	end;
	[xmlns_4..":vcard"] = function (_, address, person, stanza)
		return st.reply(stanza):add_child(vcard_4(address, person));
	end;
	[xmlns_pubsub..":pubsub"] = function (_, address, person, stanza)
		return st.reply(stanza):tag("pubsub", { xmlns = xmlns_pubsub })
			:tag("items", { node = node }):tag("item", { id = "current" }):add_child(vcard_4(address, person));
	end;
};

for payload, with in pairs(complete) do
	-- mod_pep hooks both types at once, and mod_iq looks there first.
	local name = (payload == xmlns_pubsub..":pubsub" and "iq/bare/" or "iq-get/bare/")..payload;
	module:hook(name, function (event)
		local origin, stanza = event.origin, event.stanza;
		local items = stanza.tags[1]:get_child("items");
		local asked = stanza.attr.type == "get" and items and items.attr.node == node;
		if stanza.tags[1].attr.xmlns == xmlns_pubsub and not asked then return; end
		local local_part = without_vcard(event);
		if not local_part then return; end
		-- Rooms write other addresses into a stanza for its way only, and the answer comes later.
		stanza = st.clone(stanza);
		ask(local_part, jid_bare(stanza.attr.from or origin.full_jid), function (person)
			local function send(reply)
				if person then reply = with(reply, local_part.."@"..module.host, person, stanza); end
				return origin.send(reply);
			end
			local asker = setmetatable({ send = person and send }, { __index = origin });
			module:fire_event(name, { origin = asker, stanza = stanza, kontor_vcard = true });
		end);
		return true;
	end, FIRST);
end
