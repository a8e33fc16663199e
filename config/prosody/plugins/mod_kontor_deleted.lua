-- Whoever gets the name of a deleted account does not find its contacts.
-- In:     the event user-deleted, after all that other modules do by it.
-- Out:    the roster is gone from the memory of the host as well.
-- Hosts:  those with accounts.
-- Why:    the server keeps rosters of who is not connected in memory; of a deleted account it purges the storage alone,
--         and the next one of that name was given, and stored again, what had stayed there (rostermanager of 0.12).

local LAST = -1e6; -- after every module's own priority: those that tell the contacts read the roster

module:hook_global("user-deleted", function (event)
	if event.host ~= module.host then
		return;
	end
	local cache = prosody.hosts[module.host].roster_cache;
	if cache then
		cache:set(event.username .. "@" .. event.host, nil);
	end
end, LAST);
