"""Titles of made-up incidents."""

from __future__ import annotations

from random import Random

TROUBLES = (
    ("Backup job failed on", "backup"),
    ("Replication lag above ten minutes on", "database"),
    ("Disk almost full on", "storage"),
    ("No answer from", "network"),
    ("Packet loss towards", "network"),
    ("Certificate expires within a week on", "security"),
    ("Virtual machine does not start on", "virtualisation"),
    ("Memory pressure on", "virtualisation"),
    ("Mailbox does not synchronise on", "mail"),
    ("Print queue stuck on", "workplace"),
    ("Login refused on", "identity"),
    ("Batch run later than agreed on", "application"),
    ("Slow queries on", "database"),
    ("Unexpected restart of", "operating system"),
    ("VPN drops every hour at", "network"),
    ("Monitoring agent silent on", "monitoring"),
)
SITES = ("par", "ber", "bud", "lyo", "mad", "vie", "waw", "osl")
PURPOSES = ("db", "web", "app", "fs", "mail", "sw", "fw", "esx", "bkp", "dc")
NAMES = (
    "Alder",
    "Birch",
    "Cedar",
    "Elm",
    "Fir",
    "Hazel",
    "Juniper",
    "Larch",
    "Maple",
    "Oak",
    "Pine",
    "Rowan",
    "Willow",
)
TRADES = ("Bank", "Energy", "Foods", "Insurance", "Logistics", "Pharma", "Rail", "Retail", "Steel", "Telecom")
UNDERTAKINGS = ("Data centre move", "Backup renewal", "Network segmentation", "Mail migration", "Monitoring roll-out")


def draw_title(chance: Random) -> tuple[str, str]:
    """What is wrong with which machine, and the category."""
    trouble, category = chance.choice(TROUBLES)
    machine = f"{chance.choice(SITES)}-{chance.choice(PURPOSES)}-{chance.randrange(1, 2000):04}"
    return f"{trouble} {machine}", category


WISHES = ("Prepare the landscape for", "Move", "Renew", "Connect", "Protect", "Enlarge", "Retire", "Watch over")
THINGS = ("the web shop", "the warehouse system", "the mail of a branch", "the reports", "a second site", "the archive")
STEPS = (
    "Address plan for",
    "Firewall rules of",
    "Virtual machines for",
    "Operating system of",
    "First copy of",
    "Database for",
    "Checks and alarms of",
    "Load test of",
    "Accounts and roles on",
    "Certificates of",
    "Acceptance of",
    "Handbook of",
)


def draw_request(chance: Random) -> str:
    return f"{chance.choice(WISHES)} {chance.choice(THINGS)}, {chance.choice(SITES)}"


def draw_task(chance: Random) -> str:
    return f"{chance.choice(STEPS)} {chance.choice(SITES)}-{chance.choice(PURPOSES)}-{chance.randrange(1, 2000):04}"
