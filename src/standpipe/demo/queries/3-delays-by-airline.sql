-- ---
-- name: "Delays by airline"
-- id: 3
-- uuid: "01941f29-7c00-7000-8000-000000000003"
-- source: "Files"
-- description: "How punctual each airline was between two days, from the chosen airports."
-- parameters:
--   - {"name": "days", "kind": "date_range", "title": "Days", "default": {"start": "2013-07-01", "end": "2013-07-31"}}
--   - {"name": "origin", "kind": "enum", "title": "From", "default": ["EWR", "JFK", "LGA"], "options": ["EWR", "JFK", "LGA"], "multiple": {}}
-- tags: ["flights"]
-- ---
SELECT
    airlines.name AS airline,
    count(*) AS flights,
    round(avg(flights.dep_delay), 1) AS mean_departure_delay,
    round(avg(flights.arr_delay), 1) AS mean_arrival_delay,
    round(100.0 * avg((flights.arr_delay <= 15)::INTEGER), 1) AS percent_on_time
FROM flights
JOIN airlines USING (carrier)
WHERE make_date(flights.year, flights.month, flights.day)
        BETWEEN '{{ days.start }}' AND '{{ days.end }}'
    AND flights.origin IN ({{ origin }})
GROUP BY airlines.name
ORDER BY percent_on_time DESC, airline
