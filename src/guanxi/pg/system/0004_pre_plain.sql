-- plain(markup): the words of sanitised HTML on one line, as guanxi.schema.types.text.plain makes them.
-- What ends a block is a space, other tags are nothing; a value in quotes may hold anything.
CREATE FUNCTION guanxi.plain(markup text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    replace(replace(replace(replace(replace(
        regexp_replace(
            regexp_replace(markup, '<(?:br|hr|/p|/li|/h[0-9]|/tr|/td|/th|/blockquote|/pre)\y[^>]*>', ' ', 'gi'),
            '</?[a-z](?:[^>"]|"[^"]*")*>', '', 'gi'
        ),
    '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&nbsp;', ' '), '&amp;', '&'),
'\s+', ' ', 'g'));
