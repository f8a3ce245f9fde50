"""What would mend a finding, and the plan that puts it in order."""
