-- How much may wait to be sorted into the search index is for each session to say: little for those that write single
-- records, because every search reads it, and more for an import, which sorts it in when it ends.
ALTER INDEX _search_grams RESET (gin_pending_list_limit);

-- Which grams are common is read from the statistics: a gram in one of a few hundred records should be among them.
ALTER TABLE _search ALTER COLUMN grams SET STATISTICS 300;
