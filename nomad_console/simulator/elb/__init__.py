"""The load balancer, its target groups and the AWS API that tells of them."""
