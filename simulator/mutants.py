"""More than forty changes of the protocol, each of which must be seen by some history."""

from simulator import mutants_provider, mutants_recovery, mutants_rules, mutants_store

MUTANTS = (
    *mutants_store.MUTANTS,
    *mutants_rules.MUTANTS,
    *mutants_provider.MUTANTS,
    *mutants_recovery.MUTANTS,
)
