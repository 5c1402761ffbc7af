"""The pure half of Evenhand: it reads documents, checks them and decides, and touches nothing outside."""
