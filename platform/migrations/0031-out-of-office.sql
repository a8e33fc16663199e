-- In: what people have set for their presence (0029). Out: the rule by which an absence that is over is deleted: nobody
-- reads it from the moment it ends, and a day later it is gone.

insert into retention_rule (tenant_id, kind, amount, unit) values (null, 'out-of-office', 1, 'day');
