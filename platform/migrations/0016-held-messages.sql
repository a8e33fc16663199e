-- In: the room log. Out: with each message the mark under which the server kept it until it was reflected. A new owner of
-- the rooms is given again what the one before was not done with, and knows by the mark what is in the log already.
-- Read for the newest messages of one room only, over the primary key: no index of its own.

alter table room_log add column held text;
