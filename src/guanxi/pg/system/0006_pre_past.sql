-- merged(image): images laid over each other in the order in which they come, the last on top.
CREATE AGGREGATE guanxi.merged(jsonb) (
    SFUNC = pg_catalog.jsonb_concat, STYPE = jsonb, INITCOND = '{}', PARALLEL = SAFE
);
