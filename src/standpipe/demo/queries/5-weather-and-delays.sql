-- ---
-- name: "Weather and delays"
-- id: 5
-- uuid: "01941f29-7c00-7000-8000-000000000005"
-- source: "Files"
-- description: "How much later flights leave when it rains, by airport and month."
-- cache_seconds: 86400
-- tags: ["flights", "weather"]
-- ---
SELECT
    flights.origin,
    flights.month,
    count(*) AS flights,
    round(avg(flights.dep_delay) FILTER (weather.precip = 0), 1) AS delay_when_dry,
    round(avg(flights.dep_delay) FILTER (weather.precip > 0), 1) AS delay_when_wet,
    round(avg(weather.wind_speed) FILTER (weather.wind_speed < 200), 1) AS mean_wind_speed
FROM flights
JOIN weather USING (origin, time_hour)
GROUP BY flights.origin, flights.month
ORDER BY flights.origin, flights.month
