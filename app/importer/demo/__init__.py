"""A small real blog: fifteen posts of 18F (CC0, see site/LICENSE.md) with their pictures, and people to show it with."""
