"""The simulated port keeps the contract of all ports; it is its own other end."""

import os
import sys
import time

import port_contract as contract
import port_contract_board as board

from hal.simulated.chips import dht22
from hal.simulated.i2c import I2c
from hal.simulated.onewire import OneWire
from hal.simulated.pins import Pins, Ticks
from hal.simulated.spi import Spi
from hal.simulated.uart import Uart


def test_i2c():
    bus = I2c()
    contract.check_i2c(bus, bus)


def test_spi():
    bus = Spi(Pins())
    contract.check_spi(bus, bus)


def test_onewire():
    bus = OneWire()
    contract.check_onewire(bus, bus)


def test_uart():
    bus = Uart()
    contract.check_uart(bus, bus)


def test_pins():
    bank = Pins()
    contract.check_pins(bank, bank)
    contract.check_pulses(bank, bank, bank.ticks.sleep_ms)
    contract.check_analog(bank, bank)
    contract.check_echo(bank, bank)
    contract.check_pwm(bank)


def test_ticks():
    board.check_ticks(Ticks())
    if sys.implementation.name == "micropython":
        board.check_ticks(time)  # which is the port of an ESP32


def test_entropy():
    board.check_entropy(os.urandom)


def test_dht22():
    bank = Pins()
    truth = {"temperature": 21.5, "humidity": 40.0}
    chip = dht22.Chip({"pin": 27}, lambda field: truth[field])
    chip.attach(bank)
    contract.check_dht22(bank, bank, chip)
