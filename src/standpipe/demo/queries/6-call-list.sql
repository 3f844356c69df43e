-- ---
-- name: "Call list"
-- id: 6
-- uuid: "01941f29-7c00-7000-8000-000000000006"
-- source: "Files"
-- description: "Calls of a telephone system in a period, the latest first."
-- parameters:
--   - {"name": "period", "kind": "datetime_range", "title": "Period", "default": {"start": "2025-01-01 00:00", "end": "2025-12-31 23:59"}}
-- tags: ["calls"]
-- ---
SELECT *
FROM calls
WHERE start >= '{{ period.start }}'
    AND start <= '{{ period.end }}'
ORDER BY start DESC, connId
