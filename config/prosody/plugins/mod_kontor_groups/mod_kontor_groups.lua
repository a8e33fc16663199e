-- Groups of the tenant in everybody's roster, as its presence component tells them.
-- In:     namespace urn:kontor:groups:1, from presence.<host> only, and only with the privilege of rosters (XEP-0356):
--         get <groups/> gives <groups> with a <group id='' hash=''/> for each that is held;
--         set <group id='' name='' hash='' part='1' parts='1'> with <member local='' name=''/>, 1,000 a part at most: a
--         group with its members, in place of what was known of it, from the last part on;
--         set <group id='' remove='true'/>.
-- Out:    members see each other in their rosters, with subscription "both", by their names and under the names of their
--         groups; who is online is told of changes. What is people's own is neither changed nor lost by it, and nothing
--         of groups is stored in rosters. Groups hold through a restart: they lie in the store kontor_groups.
--         A contact that is there by a group cannot be removed; one that is own besides loses what is own.
-- Shares: /*/kontor_groups/hosts: [host] = { is_member_of_same(local part, local part) }: whether a group shows the two
--         to each other. Unavailable presence of who left has `parting` for mod_kontor_visibility, whose `view` says of
--         whom there is something to see while he is away: those are asked too when somebody comes online.
-- Hosts:  those with accounts.

local st = require "util.stanza";
local nodeprep = require "util.encodings".stringprep.nodeprep;
local jid_bare = require "util.jid".bare;
local jid_prep = require "util.jid".prep;
local rostermanager = require "core.rostermanager";

local groups = module:require "groups";
local rosters = module:require "rosters";
local subscriptions = module:require "subscriptions";
local news = module:require "news";

local xmlns = "urn:kontor:groups:1";
local presence_domain = "presence."..module.host;
local MAX_GROUPS, MAX_PARTS, MAX_MEMBERS, MAX_BYTES = 1000, 100, 1000, 1000;

rosters.use(groups, news.is_behind);
subscriptions.use(rosters);
news.use(groups);

local host_session = prosody.hosts[module.host];
local bare_sessions = prosody.bare_sessions;
local store = module:open_store();

local function bare(localpart) return localpart.."@"..module.host; end

---- What the component tells

-- What came of a group whose last part is still to come.
local arriving;

local function is_text(text, least, most)
	return text ~= nil and #text >= least and #text <= most;
end

local function refused(event, condition, text)
	local kind = condition == "forbidden" and "auth" or condition == "internal-server-error" and "wait" or "modify";
	event.origin.send(st.error_reply(event.stanza, kind, condition, text));
	return true;
end

local function may(event)
	local origin, privileges = event.origin, event.origin.privileges;
	local granted = privileges and privileges[module.host];
	return origin.type == "component" and origin.host == presence_domain and event.stanza.attr.from == presence_domain
		and granted and granted.roster == "both";
end

-- No account can have such a name, so that none takes a group along when its own data are deleted.
local function key_of(id) return ":"..id; end

-- Another name changes nobody's contacts.
local function has_same_members(before, after)
	if not before or not after or #before.list ~= #after.list then return false; end
	for address in pairs(after.members) do
		if not before.members[address] then return false; end
	end
	return true;
end

local function put(id, group)
	local stored = group and { id = id, name = group.name, hash = group.hash, members = group.members };
	local ok, problem = store:set(key_of(id), stored);
	if not ok then return nil, problem; end
	local before = groups.replace(id, group);
	if not has_same_members(before, group) then
		for _, each in pairs({ before = before, after = group }) do
			module:fire_event("kontor-contacts-changed", { addresses = each.list });
		end
	end
	news.changed(id, before, group);
	return true;
end

local function read_members(tag, into)
	local count = 0;
	for member in tag:childtags("member") do
		local localpart, name = member.attr["local"], member.attr.name;
		if not is_text(localpart, 1, 1023) or nodeprep(localpart) ~= localpart or not is_text(name, 1, MAX_BYTES) then
			return nil, "A member has a local part and a name";
		end
		into[bare(localpart)] = name;
		count = count + 1;
		if count > MAX_MEMBERS then return nil, "Too many members for one part"; end
	end
	return true;
end

local function count_groups()
	local count = 0;
	for _ in pairs(groups.all()) do count = count + 1; end
	return count;
end

module:hook("iq-get/host/"..xmlns..":groups", function (event)
	if not may(event) then return refused(event, "forbidden", "Groups are the presence component's"); end
	local reply = st.reply(event.stanza):tag("groups", { xmlns = xmlns });
	for id, group in pairs(groups.all()) do
		reply:tag("group", { id = id, hash = group.hash }):up();
	end
	event.origin.send(reply);
	return true;
end);

module:hook("iq-set/host/"..xmlns..":group", function (event)
	if not may(event) then return refused(event, "forbidden", "Groups are the presence component's"); end
	local origin, stanza = event.origin, event.stanza;
	local tag = stanza.tags[1];
	local id, hash, name = tag.attr.id, tag.attr.hash, tag.attr.name;
	if not is_text(id, 1, 64) or not id:find("^[%w-]+$") then return refused(event, "bad-request", "A group has an id"); end
	if tag.attr.remove == "true" then
		if arriving and arriving.id == id then arriving = nil; end
		local ok, problem = true, nil;
		if groups.all()[id] then ok, problem = put(id, nil); end
		if not ok then return refused(event, "internal-server-error", problem); end
		origin.send(st.reply(stanza));
		return true;
	end
	local part, parts = tonumber(tag.attr.part), tonumber(tag.attr.parts);
	if not is_text(hash, 1, 128) or not is_text(name, 1, MAX_BYTES) or not part or not parts
			or parts < 1 or parts > MAX_PARTS or part < 1 or part > parts then
		return refused(event, "bad-request", "A group has name, hash, part and parts");
	end
	if not groups.all()[id] and count_groups() >= MAX_GROUPS then
		return refused(event, "policy-violation", "Too many groups");
	end
	if part == 1 then
		arriving = { id = id, hash = hash, name = name, parts = parts, members = {}, got = 0 };
	elseif not arriving or arriving.id ~= id or arriving.hash ~= hash or arriving.parts ~= parts or arriving.got ~= part - 1 then
		arriving = nil;
		return refused(event, "bad-request", "Parts come in their order, those of one group after the other");
	end
	local ok, problem = read_members(tag, arriving.members);
	if not ok then
		arriving = nil;
		return refused(event, "bad-request", problem);
	end
	arriving.got = part;
	if part == parts then
		local group = groups.new_group(id, name, hash, arriving.members);
		arriving = nil;
		ok, problem = put(id, group);
		if not ok then return refused(event, "internal-server-error", problem); end
	end
	origin.send(st.reply(stanza));
	return true;
end);

---- Rosters

module:hook("roster-load", function (event)
	rosters.wrap(event.roster, bare(event.username));
end);

module:hook("store-opened", function (event)
	if event.store_name == "roster" and event.store then
		event.store = rosters.storing(event.store, event.store_type);
	end
end);

local removal_text = {
	en = "This contact is in your roster by a group of your organisation, as long as the group is there.";
	de = "Dieser Kontakt steht durch eine Gruppe Ihrer Organisation in der Liste, solange es die Gruppe gibt.";
};

module:hook("iq/self/jabber:iq:roster:query", function (event)
	local origin, stanza = event.origin, event.stanza;
	local tag = stanza.attr.type == "set" and stanza.tags[1]:get_child("item");
	if not tag or tag.attr.subscription ~= "remove" then return; end
	local jid, other = bare(origin.username), jid_prep(tag.attr.jid);
	if not other or not groups.item(jid, other) then return; end
	if not rosters.own_of(origin.roster)[other] then
		local german = (stanza.attr["xml:lang"] or ""):find("^de") ~= nil;
		origin.send(st.error_reply(stanza, "cancel", "not-allowed", removal_text[german and "de" or "en"]));
		return true;
	end
	if not subscriptions.remove(jid, other) then
		origin.send(st.error_reply(stanza, "wait", "internal-server-error", "Unable to save roster"));
		return true;
	end
	origin.send(st.reply(stanza));
	rostermanager.roster_push(origin.username, module.host, other);
	return true;
end, 10);

local function subscription_outwards(event)
	local stanza = event.stanza;
	local said = subscriptions.said[stanza.attr.type];
	local jid, other = jid_bare(stanza.attr.from), jid_bare(stanza.attr.to);
	if not said or not groups.same(jid, other) then return; end
	said(jid, other);
	rostermanager.roster_push(event.origin.username, module.host, other);
	return true;
end

-- What comes past the above, such as from a module: both are as the group has them, there is nothing to be said.
local function subscription_inwards(event)
	local stanza = event.stanza;
	if not stanza.attr.to or not subscriptions.said[stanza.attr.type] then return; end
	return groups.same(jid_bare(stanza.attr.to), jid_bare(stanza.attr.from)) or nil;
end

for _, kind in ipairs { "bare", "full" } do
	module:hook("pre-presence/"..kind, subscription_outwards, 1);
	module:hook("presence/"..kind, subscription_inwards, 1);
end

local shared = module:shared("/*/kontor_groups/hosts");
local visibility = module:shared("/*/kontor_visibility/hosts");

local function speaks_away(other, viewer)
	local here = visibility[module.host];
	local view = here and here.view(other:match("^[^@]+"), viewer);
	return view ~= nil and view.status ~= nil;
end

local function among_online(handlers, name, event)
	local origin = event.origin;
	if event.stanza.attr.to or origin.type ~= "c2s" or not origin.roster then return handlers(name, event); end
	return rosters.while_only_online(origin.roster, bare(origin.username), speaks_away, function ()
		return handlers(name, event);
	end);
end

module:wrap_event("presence/bare", among_online);
module:wrap_event("iq-result/bare/disco", among_online);

---- Accounts

-- Before mod_roster bids farewell to all that stand in the roster.
module:hook_global("user-deleted", function (event)
	if event.host == module.host then groups.forget_account(bare(event.username)); end
end, 400);

for _, name in ipairs { "user-registered", "user-created" } do
	module:hook_global(name, function (event)
		if event.host == module.host then groups.know_account(bare(event.username)); end
	end);
end

shared[module.host] = { is_member_of_same = function (a, b) return groups.same(bare(a), bare(b)); end };

---- Life

local function each_roster(work)
	for username, user in pairs(host_session.sessions) do
		if user.roster then work(user.roster, bare(username)); end
	end
	-- Those of who is not online are loaded anew.
	if host_session.roster_cache then host_session.roster_cache:clear(); end
end

function module.load()
	for key in store:users() do
		local stored = store:get(key);
		if stored then
			groups.replace(stored.id, groups.new_group(stored.id, stored.name, stored.hash, stored.members));
		end
	end
	each_roster(rosters.wrap);
end

function module.unload()
	shared[module.host] = nil;
	each_roster(rosters.unwrap);
end
