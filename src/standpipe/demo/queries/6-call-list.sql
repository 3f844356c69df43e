-- ---
-- name: "Call list"
-- id: 6
-- uuid: "01941f29-7c00-7000-8000-000000000006"
-- source: "Files"
-- description: "Calls of a telephone system in a period, the latest first."
-- parameters:
--   - {"name": "period", "kind": "datetime_range", "title": "Period", "default": {"start": "2025-01-01 00:00", "end": "2025-12-31 23:59"}}
-- tags: ["calls"]
-- report: {"template": "CallListByUserSegmented", "display": ["connId", "start", "userName", "userNum", "cli", "cliName", "hgNum", "callType", "callDir", "ans", "ref", "lost", "ring", "duration", "calledUserNum", "calledUserName", "callUserName", "callUserNum", "hgName"], "summary": ["ans", "ref", "lost", "ring", "duration"], "identity": "docId", "dates": {"from_column": "start", "range_parameter": "period", "are_local": true}, "sort": ["-start"], "filters": [{"id": "01941f29-7c00-7000-8000-000000000061", "name": "Answered calls", "conditions": [{"field": "ans", "operator": "=", "values": [1]}]}, {"id": "01941f29-7c00-7000-8000-000000000062", "name": "Incoming calls", "conditions": [{"field": "callDir", "operator": "=", "values": [2]}]}], "date_filter": {"start": "2025-01-01T00:00:00+00:00", "end": "2026-01-01T00:00:00+00:00"}, "time_zone": "Europe/London", "settle_lag_seconds": 900}
-- ---
SELECT *
FROM calls
WHERE start >= '{{ period.start }}'
    AND start <= '{{ period.end }}'
ORDER BY start DESC, connId
