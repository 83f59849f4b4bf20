"""What is known of ketamine for anxiety and PTSD, trials that failed included."""
