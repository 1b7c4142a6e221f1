-- How good the records of an object were on a day: all of them, shares in percent (null: nothing to tell it by).
CREATE TABLE _quality_day (
    object text NOT NULL,
    day date NOT NULL,
    records integer NOT NULL,
    score numeric(4,1),
    complete numeric(4,1),
    valid numeric(4,1),
    fresh numeric(4,1),
    "unique" numeric(4,1),
    PRIMARY KEY (object, day)
);
