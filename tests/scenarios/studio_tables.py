"""The 14 tables of an ad-creative studio, as somebody wrote them for SQLite."""

from __future__ import annotations

TABLES = """
CREATE TABLE agencies (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, slug VARCHAR(40) NOT NULL UNIQUE,
    is_active BOOLEAN NOT NULL DEFAULT 1, settings JSON NOT NULL DEFAULT '{}', created_at DATETIME);
CREATE TABLE users (
    id TEXT PRIMARY KEY, agency_id TEXT NOT NULL REFERENCES agencies (id) ON DELETE CASCADE,
    email TEXT NOT NULL UNIQUE, is_admin BOOLEAN DEFAULT 0, last_seen INTEGER, created_at DATETIME);
CREATE TABLE workspaces (
    id TEXT PRIMARY KEY, agency_id TEXT NOT NULL REFERENCES agencies (id), name TEXT NOT NULL,
    owner_id TEXT REFERENCES users (id) ON DELETE SET NULL, archived BOOLEAN DEFAULT FALSE,
    UNIQUE (agency_id, name));
CREATE TABLE brand_kits (
    id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id), name VARCHAR(80),
    colors JSON, logo BLOB, hero_asset_id TEXT REFERENCES assets (id), created_at DATETIME);
CREATE TABLE campaigns (
    id TEXT PRIMARY KEY, workspace_id TEXT NOT NULL REFERENCES workspaces (id),
    brand_kit_id TEXT REFERENCES brand_kits (id), name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'draft' CHECK (status IN ('draft', 'live', 'done')),
    brief TEXT, brief_data JSON, starts_on DATE, budget DECIMAL(12,2) CHECK (budget >= 0),
    created_at DATETIME);
CREATE TABLE assets (
    id TEXT PRIMARY KEY, campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    brand_kit_id TEXT REFERENCES brand_kits (id), filename TEXT NOT NULL, size_bytes INTEGER,
    uploaded_by TEXT, is_public BOOLEAN DEFAULT 0, created_at DATETIME);
CREATE TABLE captions (
    id TEXT PRIMARY KEY, asset_id TEXT NOT NULL REFERENCES assets (id) ON DELETE CASCADE,
    text TEXT NOT NULL, language CHAR(2), approved BOOLEAN, created_at DATETIME);
CREATE TABLE caption_variations (
    id TEXT PRIMARY KEY, caption_id TEXT NOT NULL REFERENCES captions (id) ON DELETE CASCADE,
    body TEXT, score REAL, rank INTEGER);
CREATE TABLE masks (
    id TEXT PRIMARY KEY, asset_id TEXT NOT NULL REFERENCES assets (id), polygon JSON, area REAL);
CREATE TABLE ad_creatives (
    id TEXT PRIMARY KEY, campaign_id TEXT NOT NULL REFERENCES campaigns (id),
    asset_id TEXT REFERENCES assets (id), caption_id TEXT REFERENCES captions (id),
    headline TEXT COLLATE NOCASE, spec JSON);
CREATE TABLE approvals (
    id INTEGER PRIMARY KEY AUTOINCREMENT, creative_id TEXT NOT NULL REFERENCES ad_creatives (id),
    reviewer_id TEXT, decision TEXT CHECK (decision IN ('yes', 'no', 'later')),
    decided_at TIMESTAMP);
CREATE TABLE batch_jobs (
    id TEXT PRIMARY KEY, workspace_id TEXT REFERENCES workspaces (id), state TEXT,
    payload JSON, started_at DATETIME, retries INTEGER NOT NULL DEFAULT 0);
CREATE TABLE export_jobs (
    id TEXT PRIMARY KEY, campaign_id TEXT REFERENCES campaigns (id), batch_job_id TEXT,
    url TEXT, finished_at DATETIME);
CREATE TABLE performance_metrics (
    id INTEGER PRIMARY KEY, creative_id TEXT NOT NULL REFERENCES ad_creatives (id), day DATE,
    impressions INTEGER, clicks INTEGER, spend NUMERIC(12,4), raw JSON);
CREATE INDEX assets_by_campaign ON assets (campaign_id);
CREATE INDEX metrics_by_day ON performance_metrics (day DESC, creative_id);
CREATE INDEX live_campaigns ON campaigns (workspace_id) WHERE status = 'live';
CREATE VIEW live AS SELECT id, name FROM campaigns WHERE status = 'live';
CREATE TRIGGER touched AFTER UPDATE OF name ON campaigns
    BEGIN UPDATE campaigns SET created_at = created_at WHERE id = new.id; END
"""

COUNTS = {
    "agencies": 5,
    "users": 20,
    "workspaces": 25,
    "brand_kits": 24,
    "campaigns": 80,
    "assets": 600,
    "captions": 900,
    "caption_variations": 2700,
    "masks": 300,
    "ad_creatives": 400,
    "approvals": 700,
    "batch_jobs": 50,
    "export_jobs": 40,
    "performance_metrics": 5000,
}

PARENTS = {
    "users": {"agency_id": "agencies"},
    "workspaces": {"agency_id": "agencies", "owner_id": "users"},
    "brand_kits": {"workspace_id": "workspaces", "hero_asset_id": "assets"},
    "campaigns": {"workspace_id": "workspaces", "brand_kit_id": "brand_kits"},
    "assets": {"campaign_id": "campaigns", "brand_kit_id": "brand_kits"},
    "captions": {"asset_id": "assets"},
    "caption_variations": {"caption_id": "captions"},
    "masks": {"asset_id": "assets"},
    "ad_creatives": {"campaign_id": "campaigns", "asset_id": "assets", "caption_id": "captions"},
    "approvals": {"creative_id": "ad_creatives"},
    "batch_jobs": {"workspace_id": "workspaces"},
    "export_jobs": {"campaign_id": "campaigns"},
    "performance_metrics": {"creative_id": "ad_creatives"},
}
"""Foreign keys, as the tables declare them."""
