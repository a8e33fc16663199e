-- Subscriptions between two whom a group shows to each other. The server's own state machine (RFC 6121 3) would take what
-- the group gives for what is their own: here what is own of both follows, and what is seen stays.

local rostermanager = require "core.rostermanager";
local jid_split = require "util.jid".split;

local rosters;

-- Without `from` (this person may see the other no more: "to" remains) or without `to`.
local less = {
	from = { both = "to", from = "none" };
	to = { both = "from", to = "none" };
};

local function own_roster(jid)
	local username, host = jid_split(jid);
	local roster = rostermanager.load_roster(username, host);
	return roster, rosters.own_of(roster) or roster;
end

local function save(jid, roster, other)
	local username, host = jid_split(jid);
	return rostermanager.save_roster(username, host, roster, other);
end

-- Who of the two sees the other no more, as far as it is own: "to" is that `jid` sees `other`, "from" the opposite.
local function lose(jid, other, direction)
	local roster, own = own_roster(jid);
	local item, changed = own[other], false;
	if direction == "from" and own[false].pending[other] then
		own[false].pending[other] = nil;
		changed = true;
	end
	if item and direction == "to" and item.ask then
		item.ask = nil;
		changed = true;
	end
	if item and less[direction][item.subscription] then
		item.subscription = less[direction][item.subscription];
		changed = true;
	end
	if changed then save(jid, roster, other); end
end

-- `jid` lets `other` see him, who had asked for it before the group made it so (RFC 6121 3.1.5).
local function approve(jid, other)
	local roster, own = own_roster(jid);
	if not own[false].pending[other] then return; end
	own[false].pending[other] = nil;
	local item = own[other] or { subscription = "none", groups = {} };
	own[other] = item;
	item.subscription = (item.subscription == "to" or item.subscription == "both") and "both" or "from";
	save(jid, roster, other);
	local theirs, their_own = own_roster(other);
	local asked = their_own[jid];
	if asked and asked.ask then
		asked.ask = nil;
		asked.subscription = (asked.subscription == "from" or asked.subscription == "both") and "both" or "to";
		save(other, theirs, jid);
	end
end

-- Takes away what `jid` has of its own of `other`, as removing a contact does (RFC 6121 2.5.2).
local function remove(jid, other)
	local roster, own = own_roster(jid);
	if own[false].pending[other] then own[false].pending[other] = nil; end
	own[other] = nil;
	local saved = save(jid, roster, other);
	lose(other, jid, "from");
	lose(other, jid, "to");
	return saved;
end

return {
	use = function (overlay) rosters = overlay; end,
	remove = remove,
	-- What a person says of the other by each type of presence.
	said = {
		subscribed = approve;
		unsubscribe = function (jid, other)
			lose(jid, other, "to");
			lose(other, jid, "from");
		end;
		unsubscribed = function (jid, other)
			lose(jid, other, "from");
			lose(other, jid, "to");
		end;
	},
};
