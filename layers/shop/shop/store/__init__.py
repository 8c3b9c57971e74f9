"""The only code that speaks to DynamoDB. PynamoDB's models are the schema of record."""
