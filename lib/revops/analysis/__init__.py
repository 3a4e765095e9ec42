"""What several reports need: where opportunities stand, quotas, movement and the pace of a quarter."""
