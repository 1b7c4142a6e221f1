-- What standard forms are, as cleaning/ has them: a stored text is asked whether it is one.

CREATE FUNCTION guanxi.tidy(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (SELECT CASE WHEN t !~ '[㐀-䶿一-鿿豈-﫿]' THEN t
        ELSE regexp_replace(translate(t, '()', '（）'),
            '(?<=[（）])\s+|\s+(?=[（）])|(?<=[㐀-䶿一-鿿豈-﫿])\s+(?=[㐀-䶿一-鿿豈-﫿])', '', 'g') END
    FROM (SELECT btrim(regexp_replace(regexp_replace(normalize(value, NFKC),
        U&'[\200B-\200F\2028-\202E\2060\FEFF\00AD]', '', 'g'), '\s+', ' ', 'g')) AS t) AS q) COLLATE "C";

CREATE FUNCTION guanxi.company_name(value text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(guanxi.tidy(value), ' ,，。;；、') COLLATE "C";

CREATE FUNCTION guanxi.credit_code_ok(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value ~ '^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$' AND (SELECT
    sum((strpos('0123456789ABCDEFGHJKLMNPQRTUWXY', substr(value, n, 1)) - 1)
        * ('{1,3,9,27,19,26,16,17,20,29,25,13,8,24,10,30,28,1}'::int[])[n]) % 31 FROM generate_series(1, 18) AS n) = 0;

CREATE FUNCTION guanxi.identity_ok(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN value !~ '^[1-9][0-9]{16}[0-9X]$' THEN FALSE
    WHEN NOT pg_input_is_valid(substr(value, 7, 8), 'date') OR substr(value, 7, 4) < '1850' THEN FALSE
    ELSE substr('10X98765432', 1 + (SELECT sum(substr(value, n, 1)::int
        * ('{7,9,10,5,8,4,2,1,6,3,7,9,10,5,8,4,2}'::int[])[n]) % 11 FROM generate_series(1, 17) AS n)::int, 1) = substr(value, 18, 1) END;

-- A code of an organisation or a person that checks, or a number of another kind in plain widths.
CREATE FUNCTION guanxi.credit_code_kept(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN CASE WHEN upper(regexp_replace(normalize(value, NFKC), '[\s‐‑–—-]', '', 'g')) ~ '^[0-9A-Z]{18}$'
        THEN guanxi.credit_code_ok(value) OR guanxi.identity_ok(value)
    WHEN upper(regexp_replace(normalize(value, NFKC), '[\s‐‑–—-]', '', 'g')) ~ '^9[1-3][0-9]{6}[0-9A-Z]{6,12}$' THEN FALSE
    ELSE value = guanxi.tidy(value) END;

-- Parts of hosts are letters and digits of any language, with dashes inside.
CREATE FUNCTION guanxi.domain_ok(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value = lower(normalize(value, NFKC)) AND left(value, 4) <> 'www.' AND length(value) BETWEEN 4 AND 253
    AND value ~ '^([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65](([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|[-_]){0,61}[^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65])?\.)+[^0-9\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|[-_]){0,61}[^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]$';

CREATE FUNCTION guanxi.email_ok(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN length(value) BETWEEN 3 AND 254 AND strpos(value, '..') = 0 AND value = lower(value)
    AND value ~ '^[^\s@<>()\[\],;:\\"]{1,64}@([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65](([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|[-_]){0,61}[^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65])?\.)+[^0-9\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65](([^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]|[-_]){0,61}[^\s!-/:-@[-`{-~\u0080-\u00a9\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65])?$';

CREATE FUNCTION guanxi.phone_ok(value text) RETURNS boolean
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN value ~ '^[+][1-9][0-9]{6,14}(;ext=[0-9]{1,8})?$'
    AND (value !~ '^[+]86' OR value ~ '^[+]86(1[3-9][0-9]{9}|[48]00[0-9]{7}|(10|2[0-9])[0-9]{8}|[3-9][0-9]{2}[0-9]{7,8})(;|$)');
