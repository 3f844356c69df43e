-- ---
-- name: "Flight search"
-- id: 4
-- uuid: "01941f29-7c00-7000-8000-000000000004"
-- source: "Files"
-- description: "Flights of one airline to airports whose name has a word in it."
-- parameters:
--   - {"name": "airline", "kind": "query", "title": "Airline", "default": "UA", "query_id": 2}
--   - {"name": "destination", "kind": "text", "title": "Airport name has", "default": "San"}
--   - {"name": "rows", "kind": "number", "title": "At most", "default": 100}
-- tags: ["flights"]
-- ---
SELECT
    flights.time_hour,
    flights.carrier,
    flights.flight,
    flights.tailnum,
    flights.origin,
    flights.dest,
    airports.name AS destination,
    flights.dep_delay,
    flights.arr_delay
FROM flights
JOIN airports ON airports.faa = flights.dest
WHERE flights.carrier = '{{ airline }}'
    AND airports.name ILIKE '%{{ destination }}%'
ORDER BY flights.time_hour, flights.carrier, flights.flight
LIMIT {{ rows }}
