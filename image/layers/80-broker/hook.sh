# Our listener has the ports; the package's server never starts.
mask mosquitto.service
disable mosquitto.service
rm -rf "$root/etc/mosquitto" "$root/usr/sbin/mosquitto" "$root/etc/logrotate.d/mosquitto"
