# registry.ps1: values of every type, there and back; the hive of new users is loaded and unloaded.
[CmdletBinding()]
param()

Pester\Describe 'registry.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        . ([scriptblock]::Create((Get-ScriptFunctionText -Name 'registry.ps1')))
    }

    Pester\Context 'data' {
        Pester\It 'of the type <Type> comes back as it went: <Data>' -ForEach @(
            @{ Type = 'String'; Data = '%PATH%' }
            @{ Type = 'ExpandString'; Data = '' }
            @{ Type = 'DWord'; Data = 0 }
            @{ Type = 'DWord'; Data = 4294967295 }
            @{ Type = 'QWord'; Data = '18446744073709551615' }
            @{ Type = 'Binary'; Data = '00ff10' }
            @{ Type = 'Binary'; Data = '' }
        ) {
            $value = ConvertFrom-SettingData -Data $Data -Type $Type
            [string](ConvertTo-SettingData -Value $value -Type $Type) | Pester\Should -BeExactly ([string]$Data)
        }

        Pester\It 'of the type MultiString stays a list of <Count>' -ForEach @(@{ Count = 0; Data = @() }, @{ Count = 1; Data = @('one') }, @{ Count = 2; Data = @('one', 'two') }) {
            $value = ConvertFrom-SettingData -Data $Data -Type 'MultiString'
            , $value | Pester\Should -BeOfType [string[]]
            $back = ConvertTo-SettingData -Value $value -Type 'MultiString'
            $back.Count | Pester\Should -Be $Count
        }
    }

    Pester\Context 'settings' {
        Pester\BeforeEach {
            Initialize-Guest
            $Fake = @{ state = @{ present = $false; type = ''; data = $null } }
            $asked = @{ values = @(@{ hive = 'HKLM'; key = 'SOFTWARE\x'; name = 'y'; type = 'DWord'; value = 1 }) }
            Pester\Mock -CommandName Get-SettingState -MockWith { $Fake.state }
            Pester\Mock -CommandName Set-Setting -MockWith { $Fake.state = @{ present = $true; type = 'DWord'; data = 1 } }
        }

        Pester\It 'are written once' {
            $result = Get-ScriptResult -Name 'registry.ps1' -Parameter $asked
            $result.changed | Pester\Should -BeTrue
            @($result.after)[0].fits | Pester\Should -BeTrue
            (Get-ScriptResult -Name 'registry.ps1' -Parameter $asked).changed | Pester\Should -BeFalse
            Pester\Should -Invoke -CommandName Set-Setting -Times 1 -Exactly
        }

        Pester\It 'are left alone with -Test' {
            (Get-ScriptResult -Name 'registry.ps1' -Parameter $asked -Test).changed | Pester\Should -BeTrue
            Pester\Should -Invoke -CommandName Set-Setting -Times 0 -Exactly
        }

        Pester\It 'of another type with the same data are wrong' {
            $Fake.state = @{ present = $true; type = 'String'; data = '1' }
            (Get-ScriptResult -Name 'registry.ps1' -Parameter $asked -Test).changed | Pester\Should -BeTrue
        }

        Pester\It 'that are lists fit by each of their texts' {
            $Fake.state = @{ present = $true; type = 'MultiString'; data = @('one', 'two') }
            $asked.values = @(@{ hive = 'HKLM'; key = 'SOFTWARE\x'; name = 'y'; type = 'MultiString'; value = @('one', 'two') })
            (Get-ScriptResult -Name 'registry.ps1' -Parameter $asked -Test).changed | Pester\Should -BeFalse
            $asked.values[0].value = @('one two')
            (Get-ScriptResult -Name 'registry.ps1' -Parameter $asked -Test).changed | Pester\Should -BeTrue
        }

        Pester\It 'that are secret are not told' {
            $Fake.state = @{ present = $true; type = 'String'; data = 'S3cret' }
            $run = Invoke-Script -Name 'registry.ps1' -Parameter @{ values = @(@{ hive = 'HKLM'; key = 'SOFTWARE\x'; name = 'y'; type = 'String'; secret = 'S3cret' }) }
            ConvertTo-Json -InputObject $run -Depth 9 | Pester\Should -Not -BeLike '*S3cret*'
            @($run.result.after)[0].fits | Pester\Should -BeTrue
        }

        Pester\It 'of new users are made in their hive, which is unloaded also after a failure' {
            $Guest.registry['HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'] = @{ Default = 'C:\Users\Default' }
            $Guest.answers['reg.exe'] = { @{ exitCode = 0 } }
            $asked.values[0].hive = 'HKU\Default'
            Pester\Mock -CommandName Set-Setting -MockWith { throw 'refused' }
            (Invoke-Script -Name 'registry.ps1' -Parameter $asked).error.message | Pester\Should -Be 'refused'
            @($Guest.native | ForEach-Object -Process { $_.arguments[0] }) | Pester\Should -Be @('load', 'unload')
        }

        Pester\It 'of a type that the registry does not have are refused' {
            $asked.values[0].type = 'dword'
            Get-ScriptErrorCode -Name 'registry.ps1' -Parameter $asked | Pester\Should -Be 'guest.parameters'
        }
    }

    # In the registry of the machine that runs the tests, below a key of its own.
    Pester\Context 'Windows itself' {
        Pester\BeforeAll { $own = 'SOFTWARE\ingot-test-' + [guid]::NewGuid().ToString('N') }
        Pester\BeforeEach { Initialize-Guest }
        Pester\AfterAll { if ($env:OS -eq 'Windows_NT') { [Microsoft.Win32.Registry]::LocalMachine.DeleteSubKeyTree($own, $false) } }

        Pester\It 'takes a value of the type <Type>, tells it again, and lets it go' -Skip:($env:OS -ne 'Windows_NT') -ForEach @(
            @{ Type = 'ExpandString'; Value = '%SystemRoot%\x' }
            @{ Type = 'MultiString'; Value = @('one') }
            @{ Type = 'DWord'; Value = 4294967295 }
            @{ Type = 'QWord'; Value = '9223372036854775808' }
            @{ Type = 'Binary'; Value = '00ff' }
        ) {
            $setting = @{ hive = 'HKLM'; key = $own; name = 'x'; type = $Type; value = $Value }
            $result = Get-ScriptResult -Name 'registry.ps1' -Parameter @{ values = @($setting) }
            $result.changed | Pester\Should -BeTrue
            @($result.after)[0].type | Pester\Should -Be $Type
            @(@($result.after)[0].value) | Pester\Should -Be @($Value)
            (Get-ScriptResult -Name 'registry.ps1' -Parameter @{ values = @($setting) }).changed | Pester\Should -BeFalse
            $gone = Get-ScriptResult -Name 'registry.ps1' -Parameter @{ values = @(@{ hive = 'HKLM'; key = $own; name = 'x'; absent = $true }) }
            $gone.changed | Pester\Should -BeTrue
            @($gone.after)[0].present | Pester\Should -BeFalse
        }
    }
}
