"""Service: a finding that a person or software must put right becomes a case."""
