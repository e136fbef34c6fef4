"""What a checkpoint is worth and what decides it: measures, reports, saliency maps, adversarial pictures."""
