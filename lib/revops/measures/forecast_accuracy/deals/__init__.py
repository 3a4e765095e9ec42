"""How good the chances told of deals were, what is offered instead, and what became of what was due."""
