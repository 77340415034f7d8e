<?php echo "hello from a worker ", extension_loaded("intl") ? "with intl" : "without intl", "\n";
