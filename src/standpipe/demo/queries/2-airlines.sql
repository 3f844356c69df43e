-- ---
-- name: "Airlines"
-- id: 2
-- uuid: "01941f29-7c00-7000-8000-000000000002"
-- source: "Files"
-- description: "Names and codes of the airlines: the choices of other queries."
-- tags: ["lists"]
-- ---
SELECT name, carrier AS value
FROM airlines
ORDER BY name
