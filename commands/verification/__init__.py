"""What a migration is held against beside its checks: digests, times, signs of use."""
