"""The private halves of `trainers.adversarial.AdversarialModel`: users and families need none."""
