# memory-dump.ps1: crash dumps and the page file that they go through.
[CmdletBinding()]
param()

Pester\Describe 'memory-dump.ps1' {
    Pester\BeforeAll {
        . (Join-Path -Path $PSScriptRoot -ChildPath 'harness.ps1')
        $key = 'HKLM:\SYSTEM\CurrentControlSet\Control\CrashControl'
    }

    Pester\BeforeEach {
        Initialize-Guest
        $Guest.registry[$key] = @{ CrashDumpEnabled = 7; AutoReboot = 1 }
        $Fake = @{ system = [pscustomobject]@{ AutomaticManagedPagefile = $true }; files = @() }
        Pester\Mock -CommandName Get-CimInstance -MockWith { if ($ClassName -eq 'Win32_PageFileSetting') { $Fake.files } else { $Fake.system } }
        Pester\Mock -CommandName Set-CimInstance -MockWith { foreach ($name in $Property.Keys) { $InputObject.$name = $Property[$name] } }
        Pester\Mock -CommandName New-CimInstance -MockWith {
            $file = [pscustomobject]@{ Name = $Property.Name; InitialSize = 0; MaximumSize = 0 }
            $Fake.files = @($Fake.files) + @($file)
            return $file
        }
        Pester\Mock -CommandName Remove-CimInstance -MockWith { $Fake.files = @($Fake.files | Where-Object -FilterScript { $_.Name -ne $InputObject.Name }) }
    }

    Pester\It 'leaves a Windows alone that is as it should be' {
        $result = Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = 'automatic' }
        $result.changed | Pester\Should -BeFalse
        $result.rebootRequired | Pester\Should -BeFalse
        Pester\Should -Invoke -CommandName New-ItemProperty -Times 0 -Exactly
    }

    Pester\It 'writes <Kind> as <Value>' -ForEach @(@{ Kind = 'none'; Value = 0 }, @{ Kind = 'kernel'; Value = 2 }, @{ Kind = 'small'; Value = 3 }) {
        $result = Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = $Kind }
        $result.changed | Pester\Should -BeTrue
        $result.rebootRequired | Pester\Should -BeTrue
        $result.after.crashDumpEnabled | Pester\Should -Be $Value
        (Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = $Kind }).changed | Pester\Should -BeFalse
    }

    Pester\It 'gives the page file one size, once Windows manages none' {
        $Fake.files = @([pscustomobject]@{ Name = 'Z:\pagefile.sys'; InitialSize = 1; MaximumSize = 2 })
        $result = Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = 'automatic'; pageFileMegabytes = 4096 }
        $result.changed | Pester\Should -BeTrue
        $result.after.managed | Pester\Should -BeFalse
        @($result.after.pageFiles).Count | Pester\Should -Be 1
        @($result.after.pageFiles)[0].maximumMegabytes | Pester\Should -Be 4096
        (Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = 'automatic'; pageFileMegabytes = 4096 }).changed | Pester\Should -BeFalse
    }

    Pester\It 'changes nothing with -Test, and says that it would' {
        $result = Get-ScriptResult -Name 'memory-dump.ps1' -Parameter @{ memoryDump = 'kernel'; pageFileMegabytes = 4096 } -Test
        $result.changed | Pester\Should -BeTrue
        foreach ($name in @('New-ItemProperty', 'Set-CimInstance', 'New-CimInstance', 'Remove-CimInstance')) { Pester\Should -Invoke -CommandName $name -Times 0 -Exactly }
    }

    Pester\It 'offers no complete dump, which would hold all memory' {
        Get-ScriptErrorCode -Name 'memory-dump.ps1' -Parameter @{ memoryDump = 'complete' } | Pester\Should -Be 'guest.parameters'
    }
}
