-- In: the room log. Out: a log whose texts can be erased, and nothing else of it changed: what people take back, and what
-- moderators take away (XEP-0424, XEP-0425), gives way to a tombstone.

grant update (stanza, body) on room_log to kontor_app;
