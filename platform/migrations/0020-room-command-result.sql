-- In: commands of the API to the owner of a room. Out: what came of one, as the archive id of what was said.

alter table room_command add column result text;
