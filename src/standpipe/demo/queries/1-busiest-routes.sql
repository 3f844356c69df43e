-- ---
-- name: "Busiest routes"
-- id: 1
-- uuid: "01941f29-7c00-7000-8000-000000000001"
-- source: "Files"
-- description: "Which routes from New York had the most flights in 2013, and how late they arrived."
-- cache_seconds: 86400
-- tags: ["flights"]
-- ---
SELECT
    flights.origin,
    flights.dest,
    airports.name AS destination,
    count(*) AS flights,
    count(*) FILTER (flights.dep_time IS NULL) AS cancelled,
    round(avg(flights.arr_delay), 1) AS mean_delay_minutes,
    sum(flights.distance) AS miles
FROM flights
LEFT JOIN airports ON airports.faa = flights.dest
GROUP BY flights.origin, flights.dest, airports.name
ORDER BY flights DESC, flights.origin, flights.dest
