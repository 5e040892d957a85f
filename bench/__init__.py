"""What the service costs: measured on the built layer and functions, printed as ratios, held against budgets."""
