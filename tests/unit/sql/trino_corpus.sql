-- What Trino's documentation says (and Dune's, for bytearray_* and 0x): a name, a query, its rows.
-- A row is JSON; dates and decimals are texts, bytes are hex. Order counts.

-- division of integers truncates
SELECT 7/2, -7/2, 7/2*2, 2*7/2
[3, -3, 6, 7]

-- division of doubles
SELECT 7/2e0, CAST(5 AS BIGINT)/CAST(2 AS DOUBLE), 1e18/1e6
[3.5, 2.5, 1000000000000.0]

-- division of integer columns
SELECT a/b FROM (VALUES (7, 2), (-7, 2)) AS t(a, b)
[3]
[-3]

-- remainder
SELECT 7 % 3, mod(-7, 3)
[1, -1]

-- date_trunc of a timestamp
SELECT date_trunc('hour', TIMESTAMP '2001-08-22 03:04:05.321'), date_trunc('week', TIMESTAMP '2001-08-22 03:04:05')
["2001-08-22 03:00:00", "2001-08-20 00:00:00"]

-- date_trunc of a date is a date
SELECT date_trunc('year', DATE '2001-08-22')
["2001-01-01"]

-- date_add
SELECT date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00'), date_add('hour', 9, TIMESTAMP '2020-03-01 00:00:00'), date_add('day', -1, TIMESTAMP '2020-03-01 00:00:00 UTC')
["2020-03-01 00:01:26", "2020-03-01 09:00:00", "2020-02-29 00:00:00+00"]

-- date_add to a date is a date
SELECT date_add('month', 1, DATE '2020-01-31'), date_add('week', 2, DATE '2020-01-01')
["2020-02-29", "2020-01-15"]

-- date_diff
SELECT date_diff('second', TIMESTAMP '2020-03-01 00:00:00', TIMESTAMP '2020-03-02 00:00:00'), date_diff('day', DATE '2020-03-01', DATE '2020-03-02'), date_diff('millisecond', TIMESTAMP '2020-06-01 12:30:45.000000', TIMESTAMP '2020-06-02 12:30:45.123456')
[86400, 1, 86400123]

-- date_diff counts whole units
SELECT date_diff('day', TIMESTAMP '2020-03-01 23:00:00', TIMESTAMP '2020-03-02 01:00:00'), date_diff('month', DATE '2020-01-31', DATE '2020-02-01')
[0, 0]

-- from_unixtime
SELECT from_unixtime(1700000000), from_unixtime(0, 'America/New_York')
["2023-11-14 22:13:20+00", "1969-12-31 19:00:00"]

-- to_unixtime
SELECT to_unixtime(TIMESTAMP '1970-01-02 00:00:00'), to_unixtime(TIMESTAMP '1970-01-02 00:00:00 UTC')
[86400.0, 86400.0]

-- AT TIME ZONE shows the clock there
SELECT TIMESTAMP '2012-10-31 01:00 UTC' AT TIME ZONE 'America/Los_Angeles', TIMESTAMP '2012-10-31 01:00' AT TIME ZONE 'America/Los_Angeles'
["2012-10-30 18:00:00", "2012-10-30 18:00:00"]

-- at_timezone and with_timezone
SELECT at_timezone(TIMESTAMP '2012-10-31 01:00 UTC', 'America/Los_Angeles'), with_timezone(TIMESTAMP '2012-10-30 18:00', 'America/Los_Angeles')
["2012-10-30 18:00:00", "2012-10-31 01:00:00+00"]

-- format_datetime
SELECT format_datetime(TIMESTAMP '2020-01-05 13:05:09.123', 'yyyy-MM-dd HH:mm:ss.SSS'), format_datetime(DATE '2020-01-05', 'EEEE d MMM yy, ''week'' ww')
["2020-01-05 13:05:09.123", "Sunday 5 Jan 20, week 01"]

-- parse_datetime
SELECT parse_datetime('05/01/2020 13:05', 'dd/MM/yyyy HH:mm')
["2020-01-05 13:05:00+00"]

-- date_format
SELECT date_format(TIMESTAMP '2022-10-20 05:10:00', '%m-%d-%Y %H'), date_format(TIMESTAMP '2022-10-20 15:10:09', '%e %M %Y, %h:%i:%s %p'), date_format(DATE '2022-10-20', '%W %T %c')
["10-20-2022 05", "20 October 2022, 03:10:09 PM", "Thursday 00:00:00 10"]

-- date_parse
SELECT date_parse('2022/10/20/05', '%Y/%m/%d/%H'), date_parse('2022-10-20 05:10', '%Y-%m-%d %H:%i')
["2022-10-20 05:00:00", "2022-10-20 05:10:00"]

-- ISO 8601
SELECT from_iso8601_timestamp('2020-05-11T11:15:05Z'), from_iso8601_date('2020-05-11')
["2020-05-11 11:15:05+00", "2020-05-11"]

-- parts of a date
SELECT year(d), month(d), day(d), day_of_week(d), dow(d), day_of_year(d), doy(d), week(d), year_of_week(d), yow(d), day_of_month(d), quarter(d), last_day_of_month(d) FROM (VALUES DATE '2020-12-31') AS t(d)
[2020, 12, 31, 4, 4, 366, 366, 53, 2020, 2020, 31, 4, "2020-12-31"]

-- extract
SELECT extract(YEAR FROM t), extract(DOW FROM t), extract(DAY_OF_YEAR FROM t), extract(YOW FROM t), extract(MINUTE FROM t), millisecond(t) FROM (VALUES TIMESTAMP '2020-01-05 10:20:30.456') AS x(t)
[2020, 7, 5, 2020, 20, 456]

-- timestamp literals
SELECT TIMESTAMP '2001-08-22 03:04:05.321', TIMESTAMP '2001-08-22 03:04:05.321 America/Los_Angeles', CAST('2001-08-22 03:04:05' AS timestamp(3)), CAST('2001-08-22 03:04:05 UTC' AS timestamp(3) with time zone)
["2001-08-22 03:04:05.321000", "2001-08-22 10:04:05.321+00", "2001-08-22 03:04:05", "2001-08-22 03:04:05+00"]

-- date literals
SELECT DATE '2001-08-22', date('2001-08-22'), CAST(TIMESTAMP '2001-08-22 03:04:05' AS date)
["2001-08-22", "2001-08-22", "2001-08-22"]

-- a date and an interval make a date
SELECT DATE '2012-08-08' + INTERVAL '2' DAY, DATE '2012-08-08' - INTERVAL '1' MONTH, DATE '2012-08-08' + INTERVAL '1' YEAR - INTERVAL '1' DAY
["2012-08-10", "2012-07-08", "2013-08-07"]

-- a timestamp and an interval
SELECT TIMESTAMP '2012-08-08 01:00' + INTERVAL '29' HOUR, TIMESTAMP '2012-10-31 01:00' - INTERVAL '3' DAY + INTERVAL '1-2' YEAR TO MONTH
["2012-08-09 06:00:00", "2013-12-28 01:00:00"]

-- intervals with two units
SELECT TIMESTAMP '2020-01-01 00:00' + INTERVAL '1 02:03:04' DAY TO SECOND, TIMESTAMP '2020-01-01 00:00' - INTERVAL '3:04' MINUTE TO SECOND, TIMESTAMP '2020-01-01 00:00' + INTERVAL '5 10' DAY TO HOUR, TIMESTAMP '2020-01-01 00:00' + 3 * INTERVAL '2' HOUR
["2020-01-02 02:03:04", "2019-12-31 23:56:56", "2020-01-06 10:00:00", "2020-01-01 06:00:00"]

-- dates apart are an interval
SELECT DATE '2020-01-03' - DATE '2020-01-01' = INTERVAL '2' DAY, to_milliseconds(TIMESTAMP '2020-01-01 00:00:01' - TIMESTAMP '2020-01-01 00:00:00')
[true, 1000]

-- now
SELECT now() - INTERVAL '1' DAY < now(), current_date > DATE '2020-01-01', current_date - INTERVAL '7' DAY < current_date, current_timestamp = now(), localtimestamp IS NOT NULL
[true, true, true, true, true]

-- approximate aggregates
SELECT approx_distinct(x), approx_distinct(x, 0.01), approx_percentile(x, 0.5), approx_percentile(x, ARRAY[0.0, 1.0]) FROM (VALUES 1, 2, 3) AS t(x)
[3, 3, 2, [1, 3]]

-- any value
SELECT arbitrary(x), any_value(x) FROM (VALUES NULL, 5) AS t(x)
[5, 5]

-- array_agg with FILTER and ORDER BY
SELECT array_agg(x ORDER BY x DESC) FILTER (WHERE x > 1), array_agg(DISTINCT x ORDER BY x) FROM (VALUES 1, 2, 3, 3) AS t(x)
[[3, 3, 2], [1, 2, 3]]

-- aggregates
SELECT count(*), count(*) FILTER (WHERE x > 1), count_if(x > 1), sum(x), min(x), max(x), avg(x), bool_and(x > 0), every(x > 1), bool_or(x > 2), count(DISTINCT x % 2), max(x, 2) FROM (VALUES 1, 2, 3) AS t(x)
[3, 2, 2, 6, 1, 3, 2.0, true, false, true, 2, [3, 2]]

-- max_by and min_by
SELECT max_by(x, y), min_by(x, y), max_by(x, y, 2), max_by(x, y) FILTER (WHERE y < 2) FROM (VALUES ('a', 1), ('b', 2), ('c', 0)) AS t(x, y)
["b", "c", ["b", "a"], "a"]

-- max_by may be NULL
SELECT max_by(x, y) FROM (VALUES ('a', 1), (NULL, 2)) AS t(x, y)
[null]

-- map_agg
SELECT map_agg(k, v), map_agg(k, v) FILTER (WHERE v > 1) FROM (VALUES ('a', 1), ('b', 2)) AS t(k, v)
[{"a": 1, "b": 2}, {"b": 2}]

-- histogram
SELECT histogram(x) FROM (VALUES 'a', 'b', 'a') AS t(x)
[{"a": 2, "b": 1}]

-- listagg
SELECT listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') AS t(x)
["a,b"]

-- bitwise aggregates
SELECT bitwise_and_agg(x), bitwise_or_agg(x), bitwise_xor_agg(x) FROM (VALUES 6, 3) AS t(x)
[2, 7, 5]

-- UNNEST of an array
SELECT * FROM UNNEST(ARRAY[1, 2]) AS t(number)
[1]
[2]

-- UNNEST of several arrays
SELECT numbers, animals, n, a FROM (VALUES (ARRAY[2, 5], ARRAY['dog', 'cat', 'bird']), (ARRAY[7, 8, 9], ARRAY['cow', 'pig'])) AS x(numbers, animals) CROSS JOIN UNNEST(numbers, animals) AS t(n, a) ORDER BY numbers, n NULLS LAST
[[2, 5], ["dog", "cat", "bird"], 2, "dog"]
[[2, 5], ["dog", "cat", "bird"], 5, "cat"]
[[2, 5], ["dog", "cat", "bird"], null, "bird"]
[[7, 8, 9], ["cow", "pig"], 7, "cow"]
[[7, 8, 9], ["cow", "pig"], 8, "pig"]
[[7, 8, 9], ["cow", "pig"], 9, null]

-- UNNEST WITH ORDINALITY
SELECT numbers, n, a FROM (VALUES (ARRAY[2, 5]), (ARRAY[7, 8, 9])) AS x(numbers) CROSS JOIN UNNEST(numbers) WITH ORDINALITY AS t(n, a) ORDER BY n
[[2, 5], 2, 1]
[[2, 5], 5, 2]
[[7, 8, 9], 7, 1]
[[7, 8, 9], 8, 2]
[[7, 8, 9], 9, 3]

-- UNNEST of several arrays WITH ORDINALITY
SELECT x, y, n FROM UNNEST(ARRAY[5, 6], ARRAY['a']) WITH ORDINALITY AS t(x, y, n) ORDER BY n
[5, "a", 1]
[6, null, 2]

-- UNNEST of a map
SELECT animal, n FROM UNNEST(MAP(ARRAY['dog', 'cat'], ARRAY[1, 2])) AS t(animal, n) ORDER BY n
["dog", 1]
["cat", 2]

-- UNNEST of a map beside a table
SELECT id, k, v FROM (VALUES (1, MAP(ARRAY['a', 'b'], ARRAY[2, 3]))) AS t(id, m) CROSS JOIN UNNEST(m) AS u(k, v) ORDER BY k
[1, "a", 2]
[1, "b", 3]

-- UNNEST of a map column of a WITH query
WITH t AS (SELECT map_agg(k, v) AS m FROM (VALUES ('a', 2), ('b', 3)) AS x(k, v)) SELECT k, v FROM t CROSS JOIN UNNEST(m) AS u(k, v) ORDER BY k
["a", 2]
["b", 3]

-- UNNEST of a map WITH ORDINALITY
SELECT k, v, n FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[2, 3])) WITH ORDINALITY AS u(k, v, n) ORDER BY n
["a", 2, 1]
["b", 3, 2]

-- UNNEST of rows
SELECT x, y FROM UNNEST(ARRAY[ROW('Java', 1995), ROW('SQL', 1974)]) AS t(x, y) ORDER BY y
["SQL", 1974]
["Java", 1995]

-- LEFT JOIN UNNEST keeps the empty
SELECT id, x FROM (VALUES (1, ARRAY[5]), (2, ARRAY[])) AS t(id, xs) LEFT JOIN UNNEST(xs) AS u(x) ON true ORDER BY id
[1, 5]
[2, null]

-- LEFT JOIN UNNEST of several arrays
SELECT id, x, y FROM (VALUES (1, ARRAY[5]), (2, ARRAY[])) AS t(id, xs) LEFT JOIN UNNEST(xs, xs) AS u(x, y) ON true ORDER BY id
[1, 5, 5]
[2, null, null]

-- UNNEST of a sequence of dates
SELECT d FROM UNNEST(sequence(DATE '2020-01-30', DATE '2020-02-01', INTERVAL '1' DAY)) AS t(d)
["2020-01-30"]
["2020-01-31"]
["2020-02-01"]

-- 0x literals are bytes
SELECT 0xdeadbeef, 0xDEAD = X'dead', to_hex(0x00ff), from_hex('00ff')
["deadbeef", true, "00FF", "00ff"]

-- bytearray functions
SELECT bytearray_to_uint256(0x0a), bytearray_to_bigint(0x00000000000000ff), bytearray_substring(0xdeadbeef, 2, 2), bytearray_substring(0xdeadbeef, 3), bytearray_length(0xdeadbeef), bytearray_concat(0xde, 0xad), bytearray_starts_with(0xdead, 0xde), bytearray_position(0xbeef, 0xdeadbeef), varbinary_substring(0xdeadbeef, 1, 1)
[10, 255, "adbe", "beef", 4, "dead", true, 3, "de"]

-- a word of a log as a number
SELECT bytearray_to_uint256(0x00000000000000000000000000000000000000000000000000000000000003e8), bytearray_to_int256(0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe)
[1000, -2]

-- bytes joined and cut
SELECT 0xde || 0xad, concat(0xde, 0xad, 0xbe), substr(0xdeadbeef, 2, 2)
["dead", "deadbe", "adbe"]

-- hashes of bytes
SELECT to_hex(md5(to_utf8('a'))), to_hex(sha256(0x00)), from_utf8(0x6869)
["0CC175B9C0F1B6A831C399E269772661", "6E340B9CFFB37A989CA544E6BB780A2C78901D3FB33738768511A30617AFA01D", "hi"]

-- keccak of what is written
SELECT to_hex(keccak(to_utf8('Transfer(address,address,uint256)'))), to_hex(keccak(X'')), to_hex(keccak(0x00)) = 'BC36789E7A1E281436464229828F817D6612F7B477D66591FF96A9E064BCC98A'
["DDF252AD1BE2C89B69C2B068FC378DAA952BA7F163C4A11628F55A4DF523B3EF", "C5D2460186F7233C927E7DB2DCC703C0E500B653CA82273B7BFAD8045D85A470", true]

-- 256-bit types
SELECT CAST('5000000000000000000' AS uint256) + uint256 '1', CAST(CAST(7 AS int256) AS double) / 2, try_cast('x' AS uint256), CAST(8 AS uint256) / CAST(3 AS uint256)
[5000000000000000001, 3.5, null, 2]

-- try_cast
SELECT try_cast('x' AS integer), try_cast('12' AS bigint), try_cast('2020-13-01' AS date)
[null, 12, null]

-- TRY
SELECT TRY(CAST('x' AS integer)), TRY(1/0), coalesce(TRY(CAST('y' AS bigint)), 0)
[null, null, 0]

-- rows
SELECT CAST(ROW(1, 'a') AS ROW(x BIGINT, y VARCHAR)).y, ROW(1, 2.5)[1], CAST(ROW(7, 8) AS ROW(x INTEGER, y INTEGER))[2]
["a", 1, 8]

-- fields of a row column
SELECT r.x, t.r.y FROM (SELECT CAST(ROW(1, 'a') AS ROW(x BIGINT, y VARCHAR)) AS r) AS t
[1, "a"]

-- maps
SELECT MAP(ARRAY['foo', 'bar'], ARRAY[1, 2])['bar'], element_at(MAP(ARRAY['a'], ARRAY[1]), 'z'), cardinality(MAP(ARRAY['a'], ARRAY[1])), map_keys(MAP(ARRAY['a'], ARRAY[1])), map_values(MAP(ARRAY['a'], ARRAY[1])), map()
[2, null, 1, ["a"], [1], {}]

-- map functions
SELECT map_filter(MAP(ARRAY[10, 20, 30], ARRAY['a', NULL, 'c']), (k, v) -> v IS NOT NULL), transform_values(MAP(ARRAY[1, 2], ARRAY[10, 20]), (k, v) -> v + k), transform_keys(MAP(ARRAY['a', 'b'], ARRAY[1, 2]), (k, v) -> k || CAST(v AS varchar)), map_from_entries(ARRAY[(1, 'x'), (2, 'y')]), split_to_map('a=1,b=2', ',', '=')
[{"10": "a", "30": "c"}, {"1": 11, "2": 22}, {"a1": 1, "b2": 2}, {"1": "x", "2": "y"}, {"a": "1", "b": "2"}]

-- subscripts count from 1
SELECT ARRAY[1, 2, 3][1], element_at(ARRAY[1, 2, 3], -1), element_at(ARRAY[1], 5), a[i], a[i + 1] FROM (VALUES (ARRAY[4, 5, 6], 2)) AS t(a, i)
[1, 3, null, 5, 6]

-- array functions
SELECT cardinality(ARRAY[1, 2]), contains(ARRAY[1, 2], 2), array_join(ARRAY[1, NULL, 3], ','), array_join(ARRAY[1, NULL, 3], ',', 'x'), array_position(ARRAY['a', 'b'], 'b'), array_position(ARRAY['a'], 'z'), array_max(ARRAY[1, 3]), array_min(ARRAY[1, 3]), array_remove(ARRAY[1, 2, 1], 1)
[2, true, "1,3", "1,x,3", 2, 0, 3, 1, [2]]

-- sizes are numbers with a sign
SELECT cardinality(ARRAY[1]) - 5, -cardinality(ARRAY[1]), cardinality(ARRAY[1, 2, 3]) / 2, length('a') - 5
[-4, -1, 1, -4]

-- arrays as sets
SELECT array_sort(array_distinct(ARRAY[2, 1, 2])), array_sort(array_union(ARRAY[1, 2], ARRAY[2, 3])), array_intersect(ARRAY[1, 2], ARRAY[2, 3]), array_except(ARRAY[1, 2], ARRAY[2, 3]), arrays_overlap(ARRAY[1, 2], ARRAY[2, 3]), array_sort(ARRAY[3, NULL, 1])
[[1, 2], [1, 2, 3], [2], [1], true, [1, 3, null]]

-- transform and filter
SELECT transform(ARRAY[5, 6], x -> x + 1), filter(ARRAY[5, -6, NULL, 7], x -> x > 0), transform(ARRAY[ARRAY[1], ARRAY[2]], a -> transform(a, x -> x * 10))
[[6, 7], [5, 7], [[10], [20]]]

-- reduce
SELECT reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s), reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s * 2), reduce(ARRAY[], 7, (s, x) -> s + x, s -> s)
[75, 150, 7]

-- matches in arrays
SELECT any_match(ARRAY[1, 2], x -> x > 1), all_match(ARRAY[1, 2], x -> x > 1), none_match(ARRAY[1, 2], x -> x > 2), all_match(ARRAY[], x -> x > 2), any_match(ARRAY[], x -> x > 2)
[true, false, true, true, false]

-- zip
SELECT zip_with(ARRAY[1, 3, 5], ARRAY[2, 4, 6], (x, y) -> x + y), zip_with(ARRAY['a'], ARRAY['b'], (x, y) -> x || y)
[[3, 7, 11], ["ab"]]

-- names in lambdas are not mixed up with ours
SELECT array_remove(ARRAY[1, 2], x), width_bucket(v, l, b, 5), greatest(l, x) FROM (VALUES (1, 5e0, 0, 10)) AS t(x, v, l, b)
[[2], 3, 1]

-- sequence
SELECT sequence(1, 5), sequence(1, 5, 2), sequence(3, 1), sequence(DATE '2020-01-01', DATE '2020-01-02')
[[1, 2, 3, 4, 5], [1, 3, 5], [3, 2, 1], ["2020-01-01", "2020-01-02"]]

-- slice
SELECT slice(ARRAY[1, 2, 3, 4], 2, 2), slice(ARRAY[1, 2, 3, 4], -2, 2), flatten(ARRAY[ARRAY[1], ARRAY[2]]), repeat('a', 2), concat(ARRAY[1], ARRAY[2], ARRAY[3]), ARRAY[1] || ARRAY[2]
[[2, 3], [3, 4], [1, 2], ["a", "a"], [1, 2, 3], [1, 2]]

-- json_extract_scalar
SELECT json_extract_scalar('{"a": {"b": "c", "d e": 5}}', '$.a.b'), json_extract_scalar('{"a": {"d e": 5}}', '$["a"]["d e"]'), json_extract_scalar('{"a": [1, 2]}', '$.a[1]'), json_extract_scalar('{"a": {"b": 1}}', '$.a'), json_extract_scalar('{}', '$.a')
["c", "5", "2", null, null]

-- json_extract
SELECT json_format(json_extract('{"a": [1, {"b": 2}]}', '$.a[1]')), CAST(json_extract('{"a": [1, 2]}', '$.a') AS array(bigint)), CAST(json_extract('{"a": "x"}', '$.a') AS varchar), json_array_length('[1, 2, 3]'), json_format(json_array_get('[7, 8]', 1))
["{\"b\":2}", [1, 2], "x", 3, "8"]

-- json_value, json_query, json_exists
SELECT json_value('{"a": 1}', 'lax $.a'), json_value('{"a": 1}', 'lax $.a' RETURNING bigint), json_exists('{"a": 1}', 'strict $.a'), json_query('{"a": [1]}', 'lax $.a')
["1", 1, true, "[1]"]

-- JSON and casts
SELECT json_format(JSON '{"a":1}'), json_format(CAST('a' AS json)), json_format(CAST(ARRAY[1, 2] AS json)), CAST(json_parse('{"k": 1.5}') AS map(varchar, double))
["{\"a\":1}", "\"a\"", "[1,2]", {"k": 1.5}]

-- regular expressions
SELECT regexp_like('1a 2b 14m', '\d+b'), regexp_extract('1a 2b 14m', '\d+'), regexp_extract('1a 2b 14m', '(\d+)([a-z]+)', 2), regexp_extract('abc', '\d'), regexp_extract_all('1a 2b 14m', '\d+'), regexp_count('1a 2b 14m', '\s*[a-z]+\s*'), regexp_split('1a 2b 14m', '\s*[a-z]+\s*')
[true, "1", "a", null, ["1", "2", "14"], 3, ["1", "2", "14", ""]]

-- regexp_replace
SELECT regexp_replace('1a 2b 14m', '\d+[ab] '), regexp_replace('1a 2b 14m', '(\d+)([ab]) ', '3c$2 '), regexp_replace('a.b.c', '\.', '-')
["14m", "3ca 3cb 14m", "a-b-c"]

-- texts
SELECT split_part('a.b.c', '.', 2), strpos('high', 'g'), position('g' IN 'high'), substr('hello', 2, 3), substr('hello', -3), substr('hello', -3, 2), substring('hello', 2), substring('hello' FROM 2 FOR 2), length('abc'), lower('A'), upper('a'), trim('  a '), lpad('a', 3, '0'), reverse('ab'), chr(65), codepoint('A'), replace('abc', 'b'), starts_with('abc', 'ab'), split('a,b', ','), levenshtein_distance('ab', 'ac'), concat_ws('-', 'a', NULL, 'b')
["b", 3, 3, "ell", "llo", "ll", "ello", "el", 3, "a", "A", "a", "00a", "ba", "A", 65, "ac", true, ["a", "b"], 1, "a-b"]

-- joined texts
SELECT 'a' || 'b' || CAST(1 AS varchar), 'a' || NULL, concat('a', 'b', 'c'), concat('a', NULL), format('%s is %.1f', 1, 2.5e0)
["ab1", null, "abc", null, "1 is 2.5"]

-- conditions
SELECT if(true, 1, 2), if(false, 1), coalesce(NULL, 1), nullif(1, 1), CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END, 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL
[1, null, 1, null, "b", true, true]

-- greatest and least
SELECT greatest(1, 3, 2), least(1, 3, 2), greatest(1, NULL), greatest(least(3, 4), 2), greatest(DATE '2020-01-01', DATE '2021-01-01')
[3, 1, null, 3, "2021-01-01"]

-- window frames
SELECT x, sum(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), row_number() OVER (ORDER BY x DESC), lag(x) OVER (ORDER BY x), first_value(x) OVER w, rank() OVER w, ntile(2) OVER (ORDER BY x) FROM (VALUES 1, 2, 3) AS t(x) WINDOW w AS (ORDER BY x) ORDER BY x
[1, 1, 3, null, 1, 1, 1]
[2, 3, 2, 1, 1, 2, 1]
[3, 5, 1, 2, 1, 3, 2]

-- windows that skip NULL
SELECT x, last_value(y) IGNORE NULLS OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM (VALUES (1, 5), (2, NULL)) AS t(x, y) ORDER BY x
[1, 5]
[2, 5]

-- GROUPING SETS
SELECT x, y, sum(1), grouping(x, y) FROM (VALUES (1, 2), (1, 3)) AS t(x, y) GROUP BY GROUPING SETS ((x), (x, y), ()) ORDER BY 4, 2
[1, 2, 1, 0]
[1, 3, 1, 0]
[1, null, 2, 1]
[null, null, 2, 3]

-- ROLLUP and CUBE
SELECT x, count(*) FROM (VALUES 1, 2) AS t(x) GROUP BY ROLLUP (x) ORDER BY x
[1, 1]
[2, 1]
[null, 2]

-- VALUES
VALUES (1, 'a'), (2, 'b')
[1, "a"]
[2, "b"]

-- VALUES without brackets
VALUES 1, 2
[1]
[2]

-- FETCH FIRST
SELECT * FROM (VALUES 3, 1, 2) AS t(x) ORDER BY x OFFSET 1 ROWS FETCH FIRST 1 ROW ONLY
[2]

-- FETCH FIRST WITH TIES
SELECT * FROM (VALUES 3, 1, 2, 2) AS t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES
[1]
[2]
[2]

-- OFFSET stands before LIMIT
SELECT * FROM (VALUES 3, 1, 2) AS t(x) ORDER BY x OFFSET 1 LIMIT 1
[2]

-- LIMIT ALL
SELECT * FROM (VALUES 3, 1) AS t(x) ORDER BY x LIMIT ALL
[1]
[3]

-- NULL comes last, both ways
SELECT x FROM (VALUES 1, NULL, 2) AS t(x) ORDER BY x DESC
[2]
[1]
[null]

-- decimals
SELECT DECIMAL '1.50', 1.5, CAST('2.345' AS decimal(5, 2)), CAST(2.6 AS decimal), 1e3
["1.50", "1.5", "2.35", "3", 1000.0]

-- numbers
SELECT truncate(2.7e0), round(2.5e0), ceiling(2.1e0), abs(-2), power(2, 3), log(2, 8), ln(1), to_base(255, 16), is_nan(nan()), infinity() > 1, sign(-3)
[2.0, 3.0, 3.0, 2, 8.0, 3.0, 0.0, "ff", true, true, -1]

-- bits
SELECT bitwise_and(19, 25), bitwise_or(19, 25), bitwise_xor(19, 25), bitwise_not(19), bitwise_left_shift(1, 2), bitwise_right_shift(8, 3), bit_count(9, 64)
[17, 27, 10, -20, 4, 1, 2]

-- width_bucket
SELECT width_bucket(5.3e0, 0, 10, 5), width_bucket(-1, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(NULL, 0, 10, 5), width_bucket(2, ARRAY[0, 1, 5])
[3, 0, 6, null, 2]

-- quoted names, and words that only DuckDB reserves
SELECT "from", to, "a b", lambda, column FROM (VALUES (1, 2, 3, 4, 5)) AS t("from", to, "a b", lambda, column)
[1, 2, 3, 4, 5]

-- lateral joins
SELECT t.a, u.b FROM (VALUES 1, 2) AS t(a) CROSS JOIN LATERAL (SELECT t.a * 2 AS b) AS u ORDER BY 1
[1, 2]
[2, 4]

-- rows are compared
SELECT a, count(DISTINCT (a, b)) FROM (VALUES (1, 2), (1, 3), (2, 2)) AS t(a, b) WHERE (a, b) IN ((1, 2), (1, 3)) GROUP BY a
[1, 2]

-- TABLESAMPLE
SELECT count(*) FROM (VALUES 1, 2) AS t(x) TABLESAMPLE BERNOULLI (100)
[2]

-- a transfer as people count them on Dune
WITH logs(topic0, topic1, data) AS (VALUES (keccak(to_utf8('Transfer()')), 0x000000000000000000000000d8da6bf26964af9d7eed9e03e53415d37aa96045, 0x00000000000000000000000000000000000000000000000029a2241af62c0000)) SELECT bytearray_substring(topic1, 13, 20) AS holder, bytearray_to_uint256(data) / 1e18 AS amount, '0x' || lower(to_hex(bytearray_substring(topic1, 13))) AS shown FROM logs
["d8da6bf26964af9d7eed9e03e53415d37aa96045", 3.0, "0xd8da6bf26964af9d7eed9e03e53415d37aa96045"]

-- set operations and subqueries
SELECT x FROM ((VALUES 1, 2, 3) EXCEPT (VALUES 2)) AS t(x) WHERE EXISTS (SELECT 1) AND x = ANY (VALUES 1, 3) AND x IN (SELECT 3) ORDER BY x
[3]

-- WITH RECURSIVE
WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t
[6]

-- LIKE with ESCAPE, BETWEEN
SELECT 'a_b' LIKE 'a#_b' ESCAPE '#', 2 BETWEEN 1 AND 3, 'x' NOT IN ('y')
[true, true, true]
