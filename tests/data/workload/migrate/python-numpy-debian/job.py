import psycopg2
import yaml

print("all of it loads:", yaml.safe_load("a: 1"), psycopg2.apilevel)
