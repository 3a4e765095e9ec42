"""Stage benchmarking: where does the funnel leak, against our own past, our segments and others?"""
