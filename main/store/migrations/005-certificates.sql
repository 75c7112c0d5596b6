-- Which sites have a certificate that we renew, and when it ends.

ALTER TABLE site ADD COLUMN https TEXT NOT NULL DEFAULT 'off';
ALTER TABLE site ADD COLUMN certificateExpiresAt INTEGER;
UPDATE site SET
  https = coalesce(json_extract(data, '$.https'), 'off'),
  certificateExpiresAt = json_extract(data, '$.certificateExpiresAt');
CREATE INDEX site_by_certificate ON site (certificateExpiresAt) WHERE https <> 'off';
